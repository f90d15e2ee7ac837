// What a namespace asks of its sockets on all shards, and what it gathers.
#include "gathering.hpp"
#include "io_core.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

namespace anywire::socketio {
namespace {

encoded all_of(arguments const& args) {
    encoded out = detail::encode_arguments(args);
    out.json.insert(0, 1, '[').push_back(']');
    return out;
}

encoded first_of(arguments const& args) {
    encoded out = detail::encode_arguments(args[0]);
    out.json.insert(0, 1, '[').push_back(']');
    return out;
}

/// Counts who is asked over the shards, and tells when the last of them has asked, or has gone.
class asked_count {
public:
    explicit asked_count(std::shared_ptr<answer_sink> to) noexcept : to_(std::move(to)) {}
    ~asked_count() {
        try {
            to_->on_asked(sockets_);
        } catch (...) {  // NOLINT(bugprone-empty-catch): no memory to say so
        }
    }
    asked_count(asked_count const&) = delete;
    asked_count& operator=(asked_count const&) = delete;

    void add(std::size_t sockets) noexcept { sockets_ += sockets; }

private:
    std::shared_ptr<answer_sink> to_;
    std::atomic<std::size_t> sockets_{0};
};

}  // namespace

void nsp_core::broadcast_with_ack(detail::encoded event,
                                  socket_filter filter,
                                  emit_flags flags,
                                  detail::ack_handler then) {
    using answer = std::pair<std::string, std::vector<std::string>>;
    auto const gathered = std::make_shared<gathering<answer>>(
        io_,
        is_attached_ ? parts_.size() : 1,
        [then = std::move(then)](error_code e, std::vector<answer> const& all) {
            std::vector<arguments> list;
            list.reserve(all.size());
            for (auto const& [json, attachments] : all) list.emplace_back(json, attachments);
            (void)then(e, list);
        });
    if (!is_attached_) return gathered->finish_one();
    auto const id = next_ack_id();
    auto const packet = std::make_shared<outgoing_packet const>(
        name_, id, std::move(event), flags.is_compressed, std::string_view{}, io_.parser());
    auto const one = [gathered](error_code e, std::span<arguments const> args) {
        if (e) gathered->lost(e);
        if (!e && !args.empty()) {
            auto kept = all_of(args.front());
            gathered->add({std::move(kept.json), std::move(kept.attachments)});
        }
        gathered->finish_one();
        return true;
    };
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    apply({.fn = [=](nsp_shard& part) {
        part.for_each(*shared, [&](socket_core& s) {
            if (!s.admits(flags, packet->bytes())) return;
            gathered->expect(1);
            s.send_asking(*packet, id, flags, one);
        });
        gathered->finish_one();
    }});
}

void nsp_core::fetch_sockets(socket_filter filter,
                             std::function<void(error_code, std::vector<remote_socket>)> then) {
    auto const n = is_attached_ ? parts_.size() : 1;
    auto const gathered = std::make_shared<gathering<remote_socket>>(io_, n, std::move(then));
    if (!is_attached_) return gathered->finish_one();
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    apply({.fn = [gathered, shared, &io = io_](nsp_shard& part) {
        part.for_each(*shared, [&](socket_core& s) {
            // The application's data may not want to be copied.
            if (!io.call([&] { gathered->add(s.as_remote()); }))
                gathered->lost(make_error_code(errc::bad_arguments));
        });
        gathered->finish_one();
    }});
}

void nsp_core::broadcast_asking(encoded event,
                                socket_filter filter,
                                emit_flags flags,
                                std::shared_ptr<answer_sink> to) {
    auto const asked = std::make_shared<asked_count>(to);
    if (!is_attached_) return;
    auto const id = next_ack_id();
    auto const packet = std::make_shared<outgoing_packet const>(
        name_, id, std::move(event), flags.is_compressed, std::string_view{}, io_.parser());
    auto const one = [to](error_code e, std::span<arguments const> args) {
        if (e)
            to->on_lost(e);
        else
            to->on_answer(args.empty() ? encoded{"[]"} : first_of(args.front()));
        return true;
    };
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    apply({.fn = [=](nsp_shard& part) {
        std::size_t here = 0;
        part.for_each(*shared, [&](socket_core& s) {
            if (!s.admits(flags, packet->bytes())) return;
            ++here;
            s.send_asking(*packet, id, flags, one);
        });
        asked->add(here);
    }});
}

// -- listing --------------------------------------------------------------------------------------

void nsp_core::gather_names(std::function<void(nsp_shard&, name_sink const&)> find, names_fn then) {
    auto const n = is_attached_ ? parts_.size() : 1;
    auto const gathered = std::make_shared<gathering<std::string>>(
        io_, n, [then = std::move(then)](error_code e, std::vector<std::string> names) {
            std::sort(names.begin(), names.end());
            names.erase(std::unique(names.begin(), names.end()), names.end());
            then(e, std::move(names));
        });
    if (!is_attached_) return gathered->finish_one();
    apply({.fn = [gathered, find = std::move(find)](nsp_shard& part) {
        find(part, [&](std::string name) { gathered->add(std::move(name)); });
        gathered->finish_one();
    }});
}

void nsp_core::all_rooms(names_fn then) {
    gather_names(
        [](nsp_shard& part, name_sink const& add) {
            // Those who leave are still to tell the application, but are members no more.
            auto const is_member = [](socket_core* s) {
                return s->current() == socket_core::state::connected;
            };
            part.rooms().for_each([&](nsp_shard::room const& r) {
                if (std::any_of(r.members.begin(), r.members.end(), is_member)) add(r.name);
            });
            part.for_each({}, [&](socket_core& s) { add(s.id_text); });
        },
        std::move(then));
}

void nsp_core::members_of(audience of, names_fn then) {
    gather_names(
        [of = std::move(of)](nsp_shard& part, name_sink const& add) {
            part.for_each(of, [&](socket_core& s) { add(s.id_text); });
        },
        std::move(then));
}

void nsp_core::count_of(audience of, count_fn then) {
    auto const n = is_attached_ ? parts_.size() : 1;
    auto const gathered = std::make_shared<gathering<std::size_t>>(
        io_, n, [then = std::move(then)](error_code e, std::vector<std::size_t> const& counts) {
            then(e, std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
        });
    if (!is_attached_) return gathered->finish_one();
    apply({.fn = [gathered, of = std::move(of)](nsp_shard& part) {
        std::size_t here = 0;
        part.for_each(of, [&](socket_core&) { ++here; });
        gathered->add(here);
        gathered->finish_one();
    }});
}

void nsp_core::rooms_of(std::string_view member, names_fn then) {
    gather_names(
        [id = std::string(member)](nsp_shard& part, name_sink const& add) {
            auto const* const s = part.find(id);
            if (!s || s->current() != socket_core::state::connected) return;
            for (auto& name : s->rooms()) add(std::move(name));
        },
        std::move(then));
}

}  // namespace anywire::socketio
