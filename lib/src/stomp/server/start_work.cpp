#include <anywire/stomp/handler.hpp>

#include <exception>
#include <utility>

namespace anywire::stomp::detail {
namespace {

task<> run(client&,
           payload_task running,
           [[maybe_unused]] std::shared_ptr<void> keeps,
           std::shared_ptr<work> to) {
    std::exception_ptr thrown;
    std::optional<payload> made;
    try {
        made = co_await std::move(running);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown)
        to->failed(thrown);
    else
        to->done(std::move(made));
}

}  // namespace

void start_work(client& c,
                payload_task running,
                std::shared_ptr<void> keeps,
                std::shared_ptr<work> to) {
    auto const by = std::make_shared<decltype(&run)>(&run);
    task<>::start_handler<decltype(&run),
                          client&,
                          payload_task,
                          std::shared_ptr<void>,
                          std::shared_ptr<work>>(
        &c, by, c, std::move(running), std::move(keeps), std::move(to));
}

}  // namespace anywire::stomp::detail
