#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>

#include "tls.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// TLS of clients, as its files were when it was made: TLS 1.2 at least, no renegotiation, the
/// server's certificate believed only for the host that was meant.
///
/// Thread: made on any; constant from then on.
class client_tls {
public:
    /// Errors: in `error`, one sentence that names the file or the option; it is of no use then.
    client_tls(client_tls_options const& options, std::string& error);

    bool fits(client_tls_options const& options) const noexcept;

    /// The client's end of a connection to `host`, a name or a literal address. It does not own
    /// the descriptor.
    std::unique_ptr<tls_stream> connect(int descriptor,
                                        std::string const& host,
                                        bool is_literal) const;

    /// After a handshake: whether the server's key is one of those that are pinned.
    bool has_pinned_key(tls_stream const& s) const;

    /// Why the handshake of `s` with `host` failed.
    static client_failure failure_of(tls_stream const& s, std::string_view host);
    static client_failure wrong_key(std::string_view host);

private:
    client_tls_options options_;
    tls_context::context_ptr context_{};
    std::vector<std::string> pins_{};  // 32 bytes each
};

}  // namespace anywire
