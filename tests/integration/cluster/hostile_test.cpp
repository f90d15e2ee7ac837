// Whoever reaches a node's listeners without being one of its cluster.
#include "integration/cluster/test_cluster.hpp"
#include "support/certificate.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a node with another secret is not let in, and its strays are unknown") {
    test_cluster all(1);
    auto other_secret = node_terms{};
    other_secret.secret = "quite another secret";
    auto& stranger = all.add(other_secret);
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(stranger.port()).get(polling(sid)).body == unknown_sid);
    // What the registry says is no secret: it is dialled, and does not get in.
    std::string const s = "/echo/000/aaaaaaaa";
    CHECK(raw_client(all.at(0).port()).post(s + "/xhr", "").body == "o\n");
    CHECK(raw_client(stranger.port()).post(s + "/xhr_send", "[\"x\"]").status == 404);
    CHECK(eventually([&] { return all.at(0).numbers().refused >= 1; }));
    CHECK(all.at(0).numbers().served == 0);
}

TEST_CASE("the internal listener closes whoever shows no ticket, without a word") {
    test_cluster all(2);
    auto const port = all.at(0).internal_port();
    auto const garbage =
        GENERATE(std::string("GET /echo/info HTTP/1.1\r\nHost: a\r\n\r\n") + std::string(100, ' '),
                 std::string(200, '\0'),
                 "ANYWIRE1" + std::string(40, 'A'),
                 "ANYWIRE1" + std::string(400, 'A'));
    raw_client attacker(port);
    (void)attacker.try_send(garbage);
    CHECK(attacker.is_ended_by_peer());
    CHECK(eventually([&] { return all.at(0).numbers().refused == 1; }));
    CHECK(all.at(0).numbers().served == 0);
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(all.at(1).port()).post(polling(sid), "4x").body == "ok");
}

TEST_CASE("a flood of strangers leaves room for the nodes once they are gone") {
    test_cluster all(2);
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(all.at(1).port()).post(polling(sid), "4x").body == "ok");
    {
        std::vector<std::unique_ptr<raw_client>> flood;
        for (int i = 0; i < 400; ++i)
            flood.push_back(std::make_unique<raw_client>(all.at(0).internal_port()));
        CHECK(eventually([&] { return all.at(0).numbers().refused >= 144; }));
        // The connection that is there goes on.
        CHECK(raw_client(all.at(1).port()).get(polling(sid)).body == "4x");
    }
    CHECK(eventually(
        [&] { return raw_client(all.at(1).port()).post(polling(sid), "4x").body == "ok"; }));
}

TEST_CASE("a client says whose request it brings to nobody") {
    test_cluster all(2);
    std::string const forged = "Anywire-Relay: https 203.0.113.9\r\n";
    std::string const s = "/echo/000/aaaaaaaa";
    auto const opened = raw_client(all.at(0).port()).post(s + "/xhr", "", forged);
    CHECK(opened.header("X-Client") == "127.0.0.1");
    // Nor by way of another node.
    auto const port = all.at(1).port();
    CHECK(raw_client(port).post(s + "/xhr_send", "[\"x\"]", forged).header("X-Client") ==
          "127.0.0.1");
    raw_client elsewhere(port, {.source = "127.0.0.77"});
    auto const polled = elsewhere.post(s + "/xhr", "", forged);
    CHECK(polled.body == "a[\"x\"]\n");
    CHECK(polled.header("X-Client") == "127.0.0.77");
}

TEST_CASE("what a trusted proxy forwards is believed at the node that has the session") {
    node_terms terms;
    terms.server.trusted_proxies = {"127.0.0.1"};
    test_cluster all(2, terms);
    std::string const s = "/echo/000/aaaaaaaa";
    CHECK(all.post(s + "/xhr", "").body == "o\n");
    std::string const forwarded = "X-Forwarded-For: 203.0.113.9\r\n";
    CHECK(all.post(s + "/xhr_send", "[\"x\"]", forwarded).header("X-Client") == "203.0.113.9");
    raw_client untrusted(all.next_port(), {.source = "127.0.0.77"});
    CHECK(untrusted.post(s + "/xhr_send", "[\"x\"]", forwarded).header("X-Client") == "127.0.0.77");
}

TEST_CASE("forged and broken session ids cost no question to the registry about sessions") {
    test_cluster all(2);
    for (auto const* const sid : {"x",
                                  "AAAAAAAAAAAAAAAAAAAA",
                                  "AAAAAAAAAAAAAAAAAAA%41",
                                  "____________________",
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        CHECK(all.get(polling(sid)).body == unknown_sid);
    CHECK(all.total().asked == 0);
    CHECK(all.total().carried == 0);
}

TEST_CASE("what is carried is bounded, beyond it clients are told to come back") {
    node_terms few;
    few.change = [](cluster_options& o) { o.max_relayed = 2; };
    test_cluster all(2, few);
    std::vector<std::unique_ptr<raw_client>> parked;
    for (int i = 0; i < 2; ++i) {
        auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
        parked.push_back(std::make_unique<raw_client>(all.at(1).port()));
        parked.back()->send(parked.back()->request_bytes("GET", polling(sid)));
    }
    REQUIRE(eventually([&] { return all.at(1).numbers().under_way == 2; }));
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    auto const refused = raw_client(all.at(1).port()).get(polling(sid));
    CHECK(refused.status == 503);
    CHECK(refused.header("Retry-After") == "5");
    parked.clear();
    CHECK(eventually(
        [&] { return raw_client(all.at(1).port()).post(polling(sid), "4x").status == 200; }));
}

TEST_CASE("many clients at once, each request at another node, lose nothing") {
    test_cluster all(4, {.threads = 2});
    constexpr int clients = 32;
    constexpr int messages = 12;
    std::vector<std::string> wrong(clients);
    std::vector<std::thread> running;
    for (int c = 0; c < clients; ++c)
        running.emplace_back([&, c] {
            auto at = static_cast<std::size_t>(c);
            auto const next = [&] { return all.at(++at % all.size()).port(); };
            try {
                auto const sid = sid_of(raw_client(next()).get(polling()).body);
                for (int i = 0; i < messages; ++i) {
                    auto const text = "4" + std::to_string(c) + "." + std::to_string(i);
                    if (raw_client(next()).post(polling(sid), text).body != "ok")
                        throw std::runtime_error("not taken: " + text);
                    auto const heard = raw_client(next()).get(polling(sid)).body;
                    if (heard != text) throw std::runtime_error(text + " came as " + heard);
                }
            } catch (std::exception const& e) {
                wrong[static_cast<std::size_t>(c)] = e.what();
            }
        });
    for (auto& t : running) t.join();
    for (auto const& w : wrong) CHECK(w.empty());
    CHECK(all.total().not_carried == 0);
    CHECK(eventually([&] { return all.total().under_way == 0; }));
}

TEST_CASE("nodes speak TLS to each other, and each asks the other who it is") {
    certificate const ca({.common_name = "CA", .is_authority = true});
    certificate const own({.common_name = "node", .names = {"node.example"}}, &ca);
    certificate const foreign({.common_name = "node", .names = {"node.example"}});
    auto const with = [&](certificate const& shown) {
        node_terms out;
        out.change = [&](cluster_options& o) {
            o.listen.tls = own.options();
            o.listen.tls.clients = client_auth::required;
            o.listen.tls.client_ca = ca.certificate_file();
            o.tls = {.ca = ca.certificate_file(),
                     .certificate = shown.certificate_file(),
                     .key = shown.key_file(),
                     .server_name = "node.example"};
        };
        return out;
    };
    test_cluster all(2, with(own));
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(all.at(1).port()).post(polling(sid), "4x").body == "ok");
    CHECK(raw_client(all.at(1).port()).get(polling(sid)).body == "4x");
    raw_client socket(all.at(1).port());
    REQUIRE(socket.upgrade(probing(sid)).status == 101);
    socket.send_text("2probe");
    CHECK(socket.read_message() == "3probe");
    socket.send_text("5");
    std::string const large = "4" + std::string(300'000, 'x');
    socket.send_text(large);
    CHECK(socket.read_message() == large);

    auto& stranger = all.add(with(foreign));
    auto const other = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(stranger.port()).get(polling(other)).body == unknown_sid);
    CHECK(stranger.numbers().not_carried == 1);
}
