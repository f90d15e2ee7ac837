#include "random_pool.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "testing/client.hpp"
#include "testing/memory_host.hpp"
#include "testing/reply.hpp"

#include <algorithm>
#include <utility>

namespace anywire::testing {
namespace {

bool has_field(std::vector<http_field> const& all, std::string_view name) {
    return std::any_of(
        all.begin(), all.end(), [&](auto const& f) { return iequals(f.name, name); });
}

}  // namespace

// -- reply ----------------------------------------------------------------------------------------

bool reply::has_begun() const noexcept {
    return state_->has_begun;
}
bool reply::is_complete() const noexcept {
    return state_->is_complete;
}
bool reply::is_broken_off() const noexcept {
    return state_->is_broken_off;
}
unsigned reply::status() const noexcept {
    return state_->status;
}
std::string const& reply::body() const noexcept {
    return state_->body;
}
std::vector<std::string> reply::take_parts() {
    return std::exchange(state_->parts, {});
}
void reply::cut() {
    state_->cut();
}
std::string reply::header(std::string_view name) const {
    for (std::string_view rest = state_->head; !rest.empty();) {
        auto const line = rest.substr(0, rest.find("\r\n"));
        auto const colon = line.find(": ");
        if (colon != std::string_view::npos && iequals(line.substr(0, colon), name))
            return std::string(line.substr(colon + 2));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    }
    return {};
}

// -- client ---------------------------------------------------------------------------------------

bool client::is_open() const noexcept {
    return state_->is_open();
}
unsigned client::refused_with() const noexcept {
    return state_->refused_with();
}
void client::send(message_view m) {
    state_->send(m);
}
std::vector<std::string> client::take() {
    return state_->take();
}
std::optional<close_code> client::closed_with() const noexcept {
    return state_->closed_with();
}
std::string const& client::close_text() const noexcept {
    return state_->close_text();
}
void client::close(close_code code, std::string_view text) {
    state_->say_goodbye(code, text);
}
void client::cut() {
    state_->break_off();
}
void client::stop_reading() {
    state_->set_reading(false);
}
void client::read_on() {
    state_->set_reading(true);
}
void client::stop_answering_pings() {
    state_->stop_answering_pings();
}

// -- host -----------------------------------------------------------------------------------------

class host::impl final : public event_runner {
public:
    explicit impl(service_core& core) {
        auto time = std::make_unique<memory_host>(0, core.options.log, random_pool{});
        time_ = time.get();
        core.add(std::make_unique<shard>(0, core, std::unique_ptr<shard_host>(std::move(time))))
            .start();
    }
    ~impl() { *self_ = nullptr; }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    memory_host& time() noexcept { return *time_; }
    std::shared_ptr<event_runner*> self() const noexcept { return self_; }
    /// What was sent lives as long as the service, which may still answer it.
    void keep(std::shared_ptr<memory_exchange> s) {
        std::erase_if(kept_, [](auto const& k) { return k.use_count() == 1 && k->is_complete; });
        kept_.push_back(std::move(s));
    }

    void run(std::function<void()> const& fn) override {
        time_->begin_event("a client of the test");
        (void)time_->guard("a client of the test", fn);
        time_->end_event();
        time_->run_posted();
    }
    void later(std::function<void()> fn) override { time_->post(std::move(fn)); }

private:
    memory_host* time_;
    std::shared_ptr<event_runner*> self_ = std::make_shared<event_runner*>(this);
    std::vector<std::shared_ptr<memory_exchange>> kept_{};
};

host::host(service_options options)
    : service(std::move(options)), impl_(std::make_unique<impl>(core())) {}

host::~host() {
    tear_down();
}

void host::advance(std::chrono::milliseconds by) {
    impl_->time().advance(by);
}

void host::settle() {
    impl_->time().run_posted();
}

namespace {

/// The head of a request, with what every client says.
struct request_head {
    request_head(std::string_view method, std::string_view target, fields with)
        : all(with.begin(), with.end()) {
        if (!has_field(all, "host")) all.push_back({"Host", "localhost"});
        request.method = method;
        request.target = target;
        request.fields = all;
        request.remote_address = "127.0.0.1";
    }
    std::vector<http_field> all;
    http_request request{};
};

}  // namespace

reply host::request(std::string_view method,
                    std::string_view target,
                    std::string_view body,
                    fields with) {
    request_head head(method, target, with);
    head.request.body = body;
    auto const s = std::make_shared<reply::state>(impl_->self());
    impl_->keep(s);
    serve(head.request, *s);
    settle();
    return reply(s);
}

client host::connect(std::string_view target, dialect speaks, fields with) {
    std::string full(target);
    while (speaks != dialect::websocket && full.ends_with('/')) full.pop_back();
    if (speaks == dialect::sockjs) full.append("/000/anywire/websocket");
    if (speaks == dialect::engineio)
        full.append(full.find('?') == full.npos ? "/?" : "&").append("EIO=4&transport=websocket");
    request_head head("GET", full, with);
    auto const s = std::make_shared<client::state>(impl_->self(), speaks);
    impl_->keep(s);
    serve(head.request, *s);
    settle();
    return client(s);
}

}  // namespace anywire::testing
