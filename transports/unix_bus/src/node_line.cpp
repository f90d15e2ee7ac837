#include "node_line.hpp"

#include <utility>

namespace anywire::mesh {

node_line::node_line(io_host& host,
                     int descriptor,
                     std::size_t max_message,
                     std::chrono::milliseconds patience,
                     events& to)
    : anywire::connection(host, byte_stream(descriptor, nullptr), to_ticks(patience), nullptr),
      user_(&to),
      reader_(max_message) {}

void node_line::on_bytes(char* data, std::size_t size) {
    using event = frame_reader::event;
    reader_.feed({data, size});
    while (user_) {
        switch (reader_.next()) {
            case event::more: return;
            case event::frame:
                clear_deadline();
                user_->on_frame(*this, reader_.frame());
                break;
            case event::failed: return end("has sent " + std::string(reader_.wrong()), true);
        }
    }
}

void node_line::end(std::string const& why, bool is_refusal) {
    auto* const to = std::exchange(user_, nullptr);
    drop();
    if (to) to->on_line_end(*this, why, is_refusal);
}

}  // namespace anywire::mesh
