// What the C++ of the documentation takes for granted.
#pragma once

#include <anywire/socketio.hpp>
#include <anywire/socketio/adapter.hpp>
#include <anywire/stomp.hpp>

#include <algorithm>
#include <any>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

/// Stands for whatever the reader does with values.
template <class... T>
void use(T const&...) {}
