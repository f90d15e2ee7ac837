#include "adapters/pubsub_link.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {

using kind = message_kind;

namespace {

constexpr std::size_t uid_size = 6;

std::string new_uid(port& from) {
    return draw_id(from, uid_size, url_alphabet);
}

}  // namespace

pubsub_link::pubsub_link(std::shared_ptr<port> at, local_sockets& here, pubsub_options const& with)
    : cluster_link(at, here, with.common, new_uid(*at)),
      channels_(with.key, here.nsp_name()),
      answers_on_own_channel_(with.answers_on_own_channel) {}

void pubsub_link::open() {
    auto const hear = [&](channel_kind how, std::string const& name, auto fn) {
        subscriptions_.push_back(at().subscribe(
            how, name, if_alive<channel_message>([this, fn](auto const& m) { (this->*fn)(m); })));
    };
    hear(channel_kind::pattern, channels_.pattern(), &pubsub_link::on_broadcast);
    hear(channel_kind::plain, channels_.request, &pubsub_link::on_request);
    hear(channel_kind::plain, channels_.response, &pubsub_link::on_response);
    hear(channel_kind::plain, channels_.response_to(uid()), &pubsub_link::on_response);
}

void pubsub_link::close() {
    cluster_link::close();
    subscriptions_.clear();
}

// -- to others ------------------------------------------------------------------------------------

void pubsub_link::tell(cluster_message const& m) {
    count_sent();
    auto const is_broadcast = m.kind == kind::broadcast && m.request_id.empty();
    at().publish(channel_kind::plain,
                 is_broadcast ? channels_.of_broadcast(m.to) : channels_.request,
                 is_broadcast ? pubsub::encode_broadcast(m) : pubsub::encode_request(m));
}

void pubsub_link::answer(cluster_message const& to, cluster_message const& m) {
    count_sent();
    auto const is_private = answers_on_own_channel_ && !to.uid.empty();
    at().publish(channel_kind::plain,
                 is_private ? channels_.response_to(to.uid) : channels_.response,
                 pubsub::encode_response(m, opts().data));
}

void pubsub_link::count_servers(port::count_fn then) {
    at().count_subscribers(channel_kind::plain, channels_.request, std::move(then));
}

// -- from others ----------------------------------------------------------------------------------

void pubsub_link::on_broadcast(channel_message const& m) {
    auto const found = channels_.find(m.channel);
    if (!found.is_ours) return;
    auto is_wanted = true;
    if (found.room && !is_joining())
        (void)with_here([&](local_sockets& here) { is_wanted = here.has_room(*found.room); });
    if (!is_wanted) return;
    cluster_message read;
    auto const wrong = pubsub::decode_broadcast(m.payload, limits(), read);
    if (!wrong.empty()) return refuse(wrong, m.channel);
    // The pattern of one namespace may fit what another is told.
    if (read.nsp == nsp_name()) take(std::move(read));
}

void pubsub_link::on_request(channel_message const& m) {
    cluster_message read;
    auto const wrong = pubsub::decode_request(m.payload, limits(), read);
    if (!wrong.empty()) return refuse(wrong, m.channel);
    if (read.kind == kind::broadcast && read.nsp != nsp_name()) return;
    take(std::move(read));
}

void pubsub_link::on_response(channel_message const& m) {
    cluster_message read;
    auto const wrong = pubsub::decode_response(m.payload, limits(), read, opts().data);
    if (!wrong.empty()) return refuse(wrong, m.channel);
    take(std::move(read));
}

// -- names alone, which others can be asked for ---------------------------------------------------

namespace {

void tell_names(cluster_link::names_fn const& then, gathered all) {
    for (auto& s : all.sockets) all.names.push_back(std::move(s.id));
    std::sort(all.names.begin(), all.names.end());
    all.names.erase(std::unique(all.names.begin(), all.names.end()), all.names.end());
    then(all.error, std::move(all.names));
}

auto add_names(std::shared_ptr<pending_request> const& one) {
    return [one](error_code e, std::vector<std::string> names) {
        if (e) one->note(e);
        one->take_server({}, 0, [&](gathered& to) {
            to.names.insert(to.names.end(), names.begin(), names.end());
        });
    };
}

}  // namespace

void pubsub_link::all_rooms(names_fn then) {
    ask(
        {.kind = kind::fetch_rooms},
        [this](pending const& one) { here_.all_rooms(add_names(one)); },
        [then = std::move(then)](gathered all) { tell_names(then, std::move(all)); });
}

void pubsub_link::members_of(audience of, names_fn then) {
    // That question knows no exceptions.
    if (!of.except.empty()) return cluster_link::members_of(std::move(of), std::move(then));
    ask(
        {.kind = kind::fetch_ids, .to = of},
        [this, of](pending const& one) { here_.members_of(of, add_names(one)); },
        [then = std::move(then)](gathered all) { tell_names(then, std::move(all)); });
}

adapter_maker make_pubsub_adapter(std::shared_ptr<port> at, pubsub_options with) {
    return [at = std::move(at), with = std::move(with)](socketio::local_sockets& here) {
        return make_cluster_adapter(here, std::make_shared<pubsub_link>(at, here, with));
    };
}

}  // namespace anywire::redis
