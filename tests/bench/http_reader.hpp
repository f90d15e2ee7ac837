#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// Reads HTTP/1.1 responses one after the other; as much of it as the servers here use.
///
/// Allocates nothing once its buffers have grown to the longest response.
class http_reader {
public:
    /// What has been read of the current response.
    int status = 0;
    std::string body{};  ///< De-chunked. A stream's reader may cut off what it has used.
    bool has_head = false;
    bool is_complete = false;
    bool closes = false;  ///< `Connection: close`, or ended by the end of the connection.
    bool is_broken = false;

    /// Takes what belongs to the current response; returns how much that was.
    std::size_t feed(std::string_view data);

    /// Makes ready for the next response.
    void next();

private:
    enum class part { size_line, chunk, chunk_end, trailer };

    std::size_t read_head(std::string_view data);
    void parse_head();
    std::size_t read_body(std::string_view data);
    std::size_t read_line(std::string_view data);
    void take_line();

    std::string line_{};  // the head, then each line between chunks
    std::size_t left_ = 0;
    bool chunked_ = false;
    bool endless_ = false;
    part part_ = part::size_line;
};

}  // namespace bench
