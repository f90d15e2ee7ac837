#include "bus/bus_link.hpp"

#include "core/log_text.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace anywire::redis {
namespace {

constexpr std::size_t uid_size = 16;

class redis_bus final : public anywire::endpoint_bus {
public:
    redis_bus(local_sessions& here, std::shared_ptr<bus_link> link)
        : hub_bus(here), link_(std::move(link)) {}
    ~redis_bus() override { link_->close(); }

    void init() override { link_->open(); }
    void close() override { link_->close(); }
    void broadcast(message_ptr packet, audience to, send_flags flags) override {
        link_->broadcast(packet, to, flags);
        hub_bus::broadcast(std::move(packet), std::move(to), std::move(flags));
    }
    void all_rooms(names_fn then) override {
        link_->ask_names(
            {.kind = bus_kind::rooms},
            [](local_sessions& here, names_fn take) { here.all_rooms(take); },
            std::move(then));
    }
    void members_of(audience of, names_fn then) override {
        link_->ask_names(
            {.kind = bus_kind::members, .to = of},
            [of](local_sessions& here, names_fn take) { here.members_of(of, take); },
            std::move(then));
    }
    void count_of(audience of, count_fn then) override {
        link_->ask_count(std::move(of), std::move(then));
    }
    void rooms_of(std::string_view member, names_fn then) override {
        std::string const id(member);
        link_->ask_names(
            {.kind = bus_kind::rooms_of, .member = id},
            [id](local_sessions& here, names_fn take) { here.rooms_of(id, take); },
            std::move(then));
    }

private:
    std::shared_ptr<bus_link> link_;
};

}  // namespace

bus_link::bus_link(std::shared_ptr<port> at, local_sessions& here, endpoint_bus_options const& with)
    : here_(here),
      handle_(here.handle()),
      port_(std::move(at)),
      options_(with),
      channel_(with.key + "#" + with.name + "#"),
      uid_(draw_id(*port_, uid_size, hex_alphabet)),
      requests_(port_, with.max_pending_requests) {}

void bus_link::open() {
    auto const hear = [&](std::string const& name, void (bus_link::*fn)(channel_message const&)) {
        return port_->subscribe(
            channel_kind::plain, name, [weak = weak_from_this(), fn](channel_message const& m) {
                if (auto const link = weak.lock(); link && !link->is_closed_) (*link.*fn)(m);
            });
    };
    everybody_ = hear(channel_, &bus_link::on_message);
    own_ = hear(own_channel(channel_, uid_), &bus_link::on_answer);
    ends_ = port_->watch_ends(channel_, [weak = weak_from_this()](std::string_view channel) {
        if (auto const link = weak.lock())
            link->requests_.lose_server(server_of(channel, link->channel_));
    });
}

void bus_link::close() {
    is_closed_ = true;
    requests_.close(anywire::errc::session_closed);
    everybody_.reset();
    own_.reset();
    ends_.reset();
}

bus_message bus_link::make(bus_kind k) const {
    return {.kind = k, .uid = uid_};
}

void bus_link::publish(std::string const& channel, bus_message const& m) {
    if (options_.counters) ++options_.counters->sent;
    port_->publish(channel_kind::plain, channel, encode_bus(m));
}

void bus_link::broadcast(message_ptr const& packet, audience const& to, send_flags const& flags) {
    auto m = make(bus_kind::broadcast);
    m.to = to;
    m.key = flags.key;
    m.is_binary = packet->view().binary;
    m.bytes = packet->view().data;
    publish(channel_, m);
}

// -- asking ---------------------------------------------------------------------------------------

void bus_link::ask(bus_message question,
                   std::function<void(pending const&)> const& local,
                   pending_request::done_fn done) {
    question.uid = uid_;
    question.request_id = draw_id(*port_, uid_size, hex_alphabet);
    auto const& id = question.request_id;
    auto const one = std::make_shared<pending_request>(
        options_.max_answer_bytes,
        [weak = weak_from_this(), id, tell = here_.teller(), done = std::move(done)](gathered all) {
            if (auto const link = weak.lock()) link->requests_.remove(id);
            tell([done, kept = std::make_shared<gathered>(std::move(all))] {
                done(std::move(*kept));
            });
        });
    error_code alone;
    if (!port_->is_ready())
        alone = errc::connection_lost;
    else if (!requests_.add(id, one, options_.requests_timeout, [counters = options_.counters] {
                 if (counters) ++counters->timed_out;
             }))
        alone = is_closed_ ? make_error_code(anywire::errc::session_closed)
                           : make_error_code(errc::queue_full);
    if (alone) {
        one->note(alone);
        one->expect_servers(1);
        return local(one);
    }
    expect_answers(one);
    publish(channel_, question);
    local(one);
}

void bus_link::expect_answers(pending const& one) {
    if (port_->sees_servers()) {
        one->use_names(false);
        return expect_servers_below(*port_, channel_, uid_, one, 1);
    }
    port_->count_subscribers(channel_kind::plain, channel_, [one](error_code e, std::uint64_t n) {
        if (e) return one->finish(e);
        one->expect_servers(std::max<std::size_t>(static_cast<std::size_t>(n), 1));
    });
}

void bus_link::ask_names(bus_message question,
                         std::function<void(local_sessions&, names_fn)> const& local,
                         names_fn then) {
    ask(
        std::move(question),
        [&](pending const& one) {
            local(here_, [one](error_code e, std::vector<std::string> names) {
                if (e) one->note(e);
                one->take_server({}, 0, [&](gathered& to) {
                    to.names.insert(to.names.end(), names.begin(), names.end());
                });
            });
        },
        [then = std::move(then)](gathered all) {
            std::sort(all.names.begin(), all.names.end());
            all.names.erase(std::unique(all.names.begin(), all.names.end()), all.names.end());
            then(all.error, std::move(all.names));
        });
}

void bus_link::ask_count(audience of, count_fn then) {
    ask(
        {.kind = bus_kind::count, .to = of},
        [&](pending const& one) {
            here_.count_of(of, [one](error_code e, std::size_t n) {
                if (e) one->note(e);
                one->take_server({}, 0, [n](gathered& to) { to.count += n; });
            });
        },
        [then = std::move(then)](gathered const& all) { then(all.error, all.count); });
}

// -- from others ----------------------------------------------------------------------------------

bool bus_link::decode(channel_message const& m, bus_message& out) {
    auto const wrong = decode_bus(m.payload, {.max_bytes = options_.max_message_bytes}, out);
    if (wrong.empty()) {
        if (out.uid == uid_) return false;
        if (options_.counters) ++options_.counters->received;
        return true;
    }
    if (options_.counters) ++options_.counters->refused;
    if (auto const left_out = throttle_.admit(port_->now()))
        port_->log(log_level::info,
                   std::string(port_->name()) + ": " + std::string(wrong) +
                       " was left alone (channel '" + shown(m.channel) + "')" +
                       more_like_it(*left_out));
    return false;
}

void bus_link::on_message(channel_message const& m) {
    bus_message read;
    if (!decode(m, read) || read.kind == bus_kind::answer) return;
    if (read.kind == bus_kind::broadcast)
        take_broadcast(read);
    else
        take_question(read);
}

void bus_link::take_broadcast(bus_message& m) {
    auto packet = std::make_shared<shared_message>(message_view{m.bytes, m.is_binary});
    with_here([&](local_sessions& here) {
        here.broadcast(std::move(packet), std::move(m.to), {.key = std::move(m.key)});
    });
}

void bus_link::answer(bus_message const& question, bus_message m) {
    m.uid = uid_;
    m.request_id = question.request_id;
    publish(own_channel(channel_, question.uid), m);
}

void bus_link::take_question(bus_message& m) {
    auto const head =
        std::make_shared<bus_message>(bus_message{.uid = m.uid, .request_id = m.request_id});
    auto const weak = weak_from_this();
    auto const with_names = [weak, head](error_code, std::vector<std::string> names) {
        if (auto const link = weak.lock())
            link->answer(*head, {.kind = bus_kind::answer, .names = std::move(names)});
    };
    with_here([&](local_sessions& here) {
        switch (m.kind) {
            case bus_kind::rooms: return here.all_rooms(with_names);
            case bus_kind::members: return here.members_of(std::move(m.to), with_names);
            case bus_kind::rooms_of: return here.rooms_of(m.member, with_names);
            default: break;
        }
        here.count_of(std::move(m.to), [weak, head](error_code, std::size_t n) {
            if (auto const link = weak.lock())
                link->answer(*head, {.kind = bus_kind::answer, .count = n});
        });
    });
}

void bus_link::on_answer(channel_message const& m) {
    bus_message read;
    if (!decode(m, read) || read.kind != bus_kind::answer) return;
    auto const one = requests_.find(read.request_id);
    if (!one) return;
    std::size_t bytes = 0;
    for (auto const& name : read.names) bytes += name.size() + sizeof(std::string);
    one->take_server(read.uid, bytes, [&](gathered& to) {
        to.names.insert(to.names.end(), read.names.begin(), read.names.end());
        to.count += static_cast<std::size_t>(read.count);
    });
}

bus_maker make_endpoint_bus(std::shared_ptr<port> at, endpoint_bus_options with) {
    if (with.name.empty())
        throw std::invalid_argument("endpoint_bus: name the endpoint, the same on all servers");
    return [at = std::move(at), with = std::move(with)](local_sessions& here) {
        return std::make_unique<redis_bus>(here, std::make_shared<bus_link>(at, here, with));
    };
}

}  // namespace anywire::redis
