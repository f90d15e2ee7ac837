// The adapter that a server sees: everything is its link's.
#include "adapters/cluster_link.hpp"

#include <utility>

namespace anywire::redis {
namespace {

using socketio::emit_flags;
using socketio::encoded;

class cluster_adapter final : public socketio::adapter {
public:
    cluster_adapter(socketio::local_sockets& here, std::shared_ptr<cluster_link> link)
        : adapter(here), link_(std::move(link)) {}
    ~cluster_adapter() override { link_->close(); }

    void init() override { link_->open(); }
    void close() override { link_->close(); }
    bool watches_rooms() const noexcept override { return link_->watches_rooms(); }
    void on_room(room_change what, std::string const& room, std::string const&) override {
        link_->on_room(what, room);
    }
    bool numbers_events() const noexcept override { return link_->numbers_events(); }

    void broadcast(encoded event, audience to, emit_flags flags) override {
        link_->broadcast(std::move(event), std::move(to), std::move(flags));
    }
    void broadcast_with_ack(encoded event,
                            audience to,
                            emit_flags flags,
                            socketio::ack_handler then) override {
        link_->broadcast_with_ack(
            std::move(event), std::move(to), std::move(flags), std::move(then));
    }
    void fetch_sockets(audience of, emit_flags flags, cluster_link::sockets_fn then) override {
        link_->fetch_sockets(std::move(of), flags, std::move(then));
    }
    void sockets_join(audience of, emit_flags flags, std::vector<std::string> rooms) override {
        link_->sockets_join(std::move(of), std::move(flags), std::move(rooms));
    }
    void sockets_leave(audience of, emit_flags flags, std::vector<std::string> rooms) override {
        link_->sockets_leave(std::move(of), std::move(flags), std::move(rooms));
    }
    void disconnect_sockets(audience of, emit_flags flags, bool close) override {
        link_->disconnect_sockets(std::move(of), std::move(flags), close);
    }
    void server_side_emit(encoded event, socketio::ack_handler then) override {
        link_->server_side_emit(std::move(event), std::move(then));
    }
    void server_count(std::function<void(std::size_t)> then) override {
        link_->server_count(std::move(then));
    }
    void all_rooms(names_fn then) override { link_->all_rooms(std::move(then)); }
    void members_of(audience of, names_fn then) override {
        link_->members_of(std::move(of), std::move(then));
    }
    void count_of(audience of, count_fn then) override {
        link_->members_of(
            std::move(of),
            [then = std::move(then)](error_code e, std::vector<std::string> const& all) {
                then(e, all.size());
            });
    }
    void rooms_of(std::string_view member, names_fn then) override {
        link_->rooms_of(member, std::move(then));
    }
    void persist_session(socketio::stored_session s) override {
        link_->persist_session(std::move(s));
    }
    void restore_session(std::string_view pid,
                         std::optional<std::string> offset,
                         cluster_link::restored_fn then) override {
        link_->restore_session(pid, std::move(offset), std::move(then));
    }

private:
    std::shared_ptr<cluster_link> link_;
};

}  // namespace

std::unique_ptr<socketio::adapter> make_cluster_adapter(socketio::local_sockets& here,
                                                        std::shared_ptr<cluster_link> link) {
    return std::make_unique<cluster_adapter>(here, std::move(link));
}

}  // namespace anywire::redis
