#pragma once

#include "stomp/queue_store.hpp"

#include <memory>
#include <string>
#include <utility>

namespace anywire::test {

/// A message for a queue, which only keeps it: what it is does not matter there.
inline stomp::published_ptr message_of(std::string text) {
    auto const kept = std::make_shared<std::string const>(std::move(text));
    return {kept, reinterpret_cast<stomp::published const*>(kept.get())};
}

inline std::string const& text_of(stomp::published_ptr const& p) {
    return *reinterpret_cast<std::string const*>(p.get());
}

}  // namespace anywire::test
