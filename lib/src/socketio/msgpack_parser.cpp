#include <anywire/socketio/parser.hpp>

#include "socketio/msgpack.hpp"

namespace anywire::socketio {
namespace {

using std::string_view;
using type = msgpack::item::type;

class parser final : public packet_parser {
public:
    string_view name() const noexcept override { return "socket.io-msgpack-parser"; }
    bool is_binary() const noexcept override { return true; }

    void encode(std::string& out, packet_view const& p) const override {
        auto const count = 2u + (p.payload.empty() ? 0u : 1u) + (p.id ? 1u : 0u);
        msgpack::append_map_head(out, count);
        msgpack::append_string(out, "type");
        msgpack::append_unsigned(out, static_cast<std::uint64_t>(p.kind));
        if (!p.payload.empty()) {
            msgpack::append_string(out, "data");
            msgpack::append_json(out, p.payload, p.attachments);
        }
        msgpack::append_string(out, "nsp");
        msgpack::append_string(out, p.nsp);
        if (!p.id) return;
        msgpack::append_string(out, "id");
        msgpack::append_unsigned(out, *p.id);
    }

    string_view decode(string_view message,
                       parser_limits const& limits,
                       decoded_packet& out) const override {
        members found;
        for (auto const step : {find_members(message, found),
                                take_kind(found.kind, out),
                                take_namespace(found.nsp, out),
                                take_id(found.id, out)})
            if (!step.empty()) return step;
        if (is_absent(found.data)) return {};
        msgpack::limits const most{.max_attachments = limits.max_attachments,
                                   .max_depth = limits.max_depth,
                                   .max_bytes = limits.max_packet_bytes};
        return msgpack::to_json(found.data, most, out.payload, out.attachments);
    }

private:
    // The bytes of each value; empty where there is none. Of members with the same key the last
    // one counts.
    struct members {
        string_view kind{};
        string_view nsp{};
        string_view id{};
        string_view data{};
    };

    static string_view find_members(string_view rest, members& out) {
        constexpr string_view broken = "bytes that are no MessagePack";
        auto const map = msgpack::take_item(rest);
        if (!map || map->is != type::map) return "a message that is no map of MessagePack";
        for (auto left = map->number; left != 0; --left) {
            auto const key = msgpack::take_item(rest);
            if (!key || key->is != type::string) return "a map with a key that is no string";
            auto const before = rest;
            if (!msgpack::skip_value(rest)) return broken;
            auto const value = before.substr(0, before.size() - rest.size());
            keep(key->bytes, value, out);
        }
        return rest.empty() ? string_view{} : "bytes after the packet";
    }

    static void keep(string_view key, string_view value, members& out) noexcept {
        if (key == "type") out.kind = value;
        if (key == "nsp") out.nsp = value;
        if (key == "id") out.id = value;
        if (key == "data") out.data = value;
    }

    // What is not there, and what clients write for it: `undefined`, or null.
    static bool is_absent(string_view bytes) noexcept {
        if (bytes.empty()) return true;
        auto const value = msgpack::take_item(bytes);
        return value && (value->is == type::undefined || value->is == type::nil);
    }

    static string_view take_kind(string_view bytes, decoded_packet& out) {
        auto const value = msgpack::take_item(bytes);
        if (!value || value->is != type::unsigned_integer || value->number > 4)
            return "an unknown packet type";
        out.kind = static_cast<packet_kind>(value->number);
        return {};
    }

    static string_view take_namespace(string_view bytes, decoded_packet& out) {
        auto const value = msgpack::take_item(bytes);
        if (!value || value->is != type::string) return "a packet without a namespace";
        out.nsp = value->bytes;
        return {};
    }

    static string_view take_id(string_view bytes, decoded_packet& out) {
        if (is_absent(bytes)) return {};
        auto const value = msgpack::take_item(bytes);
        if (!value || value->is != type::unsigned_integer) return "an id that is no number";
        out.id = value->number;
        return {};
    }
};

}  // namespace

std::shared_ptr<packet_parser const> msgpack_parser() {
    return std::make_shared<parser const>();
}

}  // namespace anywire::socketio
