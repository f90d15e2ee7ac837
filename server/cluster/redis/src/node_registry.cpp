#include <anywire/redis/node_registry.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::redis {
namespace {

// Milliseconds since 1970, in `now`.
constexpr std::string_view clock = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
)";

// Of the node `id` in the hash `key`: whether it lives, and where.
constexpr std::string_view lives = R"(
local function living(key, id)
  local known = redis.call('HGET', key, id)
  if not known then return nil end
  local till, address = known:match('^(%d+) (.*)$')
  if till and tonumber(till) > now then return address end
end
)";

constexpr std::string_view announce_script = R"(
local address = living(KEYS[1], ARGV[1])
if address and address ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', now + ARGV[3], ARGV[2]))
redis.call('PEXPIRE', KEYS[1], 86400000)
return 1
)";

constexpr std::string_view list_script = R"(
local out = {}
local all = redis.call('HKEYS', KEYS[1])
for _, id in ipairs(all) do
  local address = living(KEYS[1], id)
  if address then
    out[#out + 1] = id
    out[#out + 1] = address
  else
    redis.call('HDEL', KEYS[1], id)
  end
end
return out
)";

constexpr std::string_view claim_script = R"(
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and living(KEYS[2], owner) then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
)";

constexpr std::string_view find_script = R"(
local owner = redis.call('GET', KEYS[1])
if owner and living(KEYS[2], owner) then return owner end
return ''
)";

constexpr std::string_view release_script = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
)";

std::string script(std::string_view body) {
    return std::string(clock).append(lives).append(body);
}

error_code broken() {
    return make_error_code(errc::protocol_error);
}

class node_registry final : public session_registry {
public:
    node_registry(connection to, std::string const& name)
        : redis_(std::move(to)),
          nodes_("{" + name + "}:nodes"),
          sessions_("{" + name + "}:session:") {}

    void announce(registered_node node,
                  std::chrono::milliseconds for_how_long,
                  done then) override {
        eval(script(announce_script),
             {nodes_},
             {std::move(node.id), std::move(node.address), std::to_string(for_how_long.count())},
             [then = std::move(then)](error_code ec, reply const& r) {
                 if (!ec && r.integer != 1)
                     ec = boost::system::errc::make_error_code(boost::system::errc::address_in_use);
                 then(ec);
             });
    }
    void withdraw(std::string node) override { redis_.command({"HDEL", nodes_, std::move(node)}); }
    void list(listed then) override {
        eval(script(list_script), {nodes_}, {}, [then = std::move(then)](error_code ec, reply r) {
            std::vector<registered_node> all;
            if (!ec && (!r.is_array() || r.elements.size() % 2 != 0)) ec = broken();
            for (std::size_t i = 0; !ec && i < r.elements.size(); i += 2)
                all.push_back({std::move(r.elements[i].text), std::move(r.elements[i + 1].text)});
            then(ec, std::move(all));
        });
    }

    void claim(std::string session,
               std::string node,
               std::chrono::milliseconds for_how_long,
               owned then) override {
        eval(script(claim_script),
             {sessions_ + session, nodes_},
             {std::move(node), std::to_string(for_how_long.count())},
             owner_to(std::move(then)));
    }
    void find(std::string session, owned then) override {
        eval(script(find_script), {sessions_ + session, nodes_}, {}, owner_to(std::move(then)));
    }
    void release(std::string session, std::string node) override {
        eval(std::string(release_script), {sessions_ + session}, {std::move(node)}, {});
    }

private:
    static connection::reply_handler owner_to(owned then) {
        return [then = std::move(then)](error_code ec, reply r) {
            if (!ec && !r.is_string()) ec = broken();
            then(ec, ec ? std::string{} : std::move(r.text));
        };
    }
    void eval(std::string text,
              std::vector<std::string> keys,
              std::vector<std::string> values,
              connection::reply_handler then) {
        std::vector<std::string> all{"EVAL", std::move(text), std::to_string(keys.size())};
        for (auto& k : keys) all.push_back(std::move(k));
        for (auto& v : values) all.push_back(std::move(v));
        redis_.command(std::move(all), std::move(then));
    }

    connection redis_;
    std::string nodes_;
    std::string sessions_;
};

}  // namespace

std::shared_ptr<session_registry> make_node_registry(connection to, node_registry_options options) {
    if (options.name.empty() || options.name.find_first_of("{}") != std::string::npos)
        throw std::invalid_argument("node_registry_options::name must be a name without braces");
    return std::make_shared<node_registry>(std::move(to), options.name);
}

}  // namespace anywire::redis
