#include "report.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace demo {
namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;
using anywire::testing::fault_settings;

void key(writer& w, std::string_view name) {
    w.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}
void field(writer& w, std::string_view name, std::uint64_t value) {
    key(w, name);
    w.Uint64(value);
}
void field(writer& w, std::string_view name, double value) {
    key(w, name);
    w.Double(value);
}
void flag(writer& w, std::string_view name, bool value) {
    key(w, name);
    w.Bool(value);
}
void text(writer& w, std::string_view name, std::string_view value) {
    key(w, name);
    w.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void write(writer& w, anywire::testing::traffic const& t) {
    w.StartObject();
    field(w, "up", t.bytes_up);
    field(w, "down", t.bytes_down);
    field(w, "requests", t.requests);
    field(w, "connections", t.connections);
    field(w, "upgrades", t.upgrades);
    field(w, "refused", t.refused);
    field(w, "cut", t.cut);
    field(w, "failed", t.failed);
    w.EndObject();
}

void write(writer& w, census const& counts) {
    key(w, "transports");
    w.StartArray();
    for (auto const& [name, t] : counts.transports()) {
        w.StartObject();
        text(w, "name", name);
        field(w, "sessions", std::uint64_t{t.sessions});
        field(w, "queued", std::uint64_t{t.queued_bytes});
        w.EndObject();
    }
    w.EndArray();
    key(w, "mounts");
    w.StartObject();
    for (auto const& m : counts.mounts()) {
        key(w, m.name);
        w.StartObject();
        field(w, "opened", m.opened);
        field(w, "open", m.open);
        field(w, "received", m.received);
        field(w, "sent", m.sent);
        w.EndObject();
    }
    w.EndObject();
}

unsigned number_in(rapidjson::Value const& object, char const* name, unsigned most) {
    auto const found = object.FindMember(name);
    if (found == object.MemberEnd() || !found->value.IsNumber()) return 0;
    return static_cast<unsigned>(std::clamp(found->value.GetDouble(), 0.0, double{1} * most));
}

bool flag_in(rapidjson::Value const& object, char const* name) {
    auto const found = object.FindMember(name);
    return found != object.MemberEnd() && found->value.IsBool() && found->value.GetBool();
}

fault_settings settings_of(rapidjson::Value const& from) {
    using ms = std::chrono::milliseconds;
    fault_settings s;
    auto const status = number_in(from, "refuseUpgrades", 599);
    s.refuse_upgrades = status == 0 ? 0 : std::max(status, 400u);
    s.buffer_responses = flag_in(from, "bufferResponses");
    s.delay = ms(number_in(from, "delay", 5'000));
    s.jitter = ms(number_in(from, "jitter", 5'000));
    if (auto const every = number_in(from, "cutEvery", 600'000); every > 0)
        s.cut_every = ms(std::max(every, 1'000u));
    s.drop = flag_in(from, "drop");
    return s;
}

}  // namespace

std::string hello(std::vector<std::uint16_t> const& lanes,
                  unsigned shards,
                  bool tls,
                  std::size_t nodes) {
    rapidjson::StringBuffer out;
    writer w(out);
    w.StartObject();
    key(w, "lanes");
    w.StartArray();
    for (auto const p : lanes) w.Uint(p);
    w.EndArray();
    field(w, "shards", std::uint64_t{shards});
    flag(w, "tls", tls);
    field(w, "nodes", std::uint64_t{nodes});
    w.EndObject();
    return out.GetString();
}

std::string json_of(fault_settings const& s) {
    rapidjson::StringBuffer out;
    writer w(out);
    w.StartObject();
    field(w, "refuseUpgrades", std::uint64_t{s.refuse_upgrades});
    flag(w, "bufferResponses", s.buffer_responses);
    field(w, "delay", static_cast<std::uint64_t>(s.delay.count()));
    field(w, "jitter", static_cast<std::uint64_t>(s.jitter.count()));
    field(w, "cutEvery", static_cast<std::uint64_t>(s.cut_every.count()));
    flag(w, "drop", s.drop);
    w.EndObject();
    return out.GetString();
}

void server_report::look_when_idle(lab const& measured,
                                   anywire::testing::fault_proxy const& proxy) {
    if (measured.counts().session_count() == 0)
        idle_heap_ = static_cast<double>(heap_in_use()) - static_cast<double>(proxy.held_bytes());
}

std::string server_report::make(lab const& measured, anywire::testing::fault_proxy const& proxy) {
    auto const process = meter_.look();
    auto const held = proxy.held_bytes();
    auto const sessions = measured.counts().session_count();
    auto const heap = static_cast<double>(process.heap_bytes) - static_cast<double>(held);
    auto const cpu_of = [&](char const* name) {
        auto const found = process.cpu.find(name);
        return found == process.cpu.end() ? 0.0 : found->second;
    };
    rapidjson::StringBuffer out;
    writer w(out);
    w.StartObject();
    flag(w, "up", measured.is_up());
    field(w, "sessions", std::uint64_t{sessions});
    field(w, "resident", std::uint64_t{process.resident_bytes});
    field(w, "heap", std::uint64_t{process.heap_bytes});
    field(w,
          "perSession",
          sessions == 0 ? 0.0 : std::max(0.0, heap - idle_heap_) / static_cast<double>(sessions));
    field(w, "cpu", cpu_of("lab"));
    field(w, "proxyCpu", cpu_of("fault-proxy"));
    field(w, "cpuSeconds", process.cpu_seconds);
    field(w, "proxyConnections", std::uint64_t{proxy.connection_count()});
    field(w, "proxyHeld", std::uint64_t{held});
    write(w, measured.counts());
    w.EndObject();
    return out.GetString();
}

std::string traffic_of(anywire::testing::fault_proxy const& proxy, std::string_view tag) {
    rapidjson::StringBuffer out;
    writer w(out);
    auto const prefix = std::string(tag).append("/");
    w.StartObject();
    for (auto const& [name, t] : proxy.below(prefix)) {
        key(w, std::string_view(name).substr(prefix.size()));
        write(w, t);
    }
    w.EndObject();
    return out.GetString();
}

wish wish_of(std::string_view sent) {
    rapidjson::Document in;
    in.Parse<rapidjson::kParseIterativeFlag>(sent.data(), sent.size());
    wish w;
    if (in.HasParseError() || !in.IsObject()) return w;
    if (in.HasMember("tag") && in["tag"].IsString()) {
        w.tag = in["tag"].GetString();
        if (is_tag(w.tag)) w.what = wish::kind::tag;
    } else if (in.HasMember("faults") && in["faults"].IsObject()) {
        w.what = wish::kind::faults;
        w.faults = settings_of(in["faults"]);
    } else if (in.HasMember("cut")) {
        w.what = wish::kind::cut;
    } else if (in.HasMember("restart")) {
        w.what = wish::kind::restart;
        w.down = std::chrono::milliseconds(number_in(in, "restart", 10'000));
    } else if (in.HasMember("killNode")) {
        w.what = wish::kind::kill_node;
        w.node = number_in(in, "killNode", 255);
    } else if (in.HasMember("startNode")) {
        w.what = wish::kind::start_node;
        w.node = number_in(in, "startNode", 255);
    }
    return w;
}

bool is_tag(std::string_view t) noexcept {
    return t.size() >= 4 && t.size() <= 16 && std::all_of(t.begin(), t.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

}  // namespace demo
