// SockJS: arrays of strings in frames, bodies and forms.
#include "intrusion.hpp"

namespace bench::costs {
namespace {

const std::vector<door> every{door::sockjs_ws,
                              door::sockjs_polling,
                              door::sockjs_streaming,
                              door::sockjs_events,
                              door::sockjs_htmlfile,
                              door::sockjs_jsonp};
const std::vector<door> decoders{door::sockjs_ws, door::sockjs_polling};
const std::vector<door> all_but_forms{door::sockjs_ws,
                                      door::sockjs_polling,
                                      door::sockjs_streaming,
                                      door::sockjs_events,
                                      door::sockjs_htmlfile};
const std::vector<door> posts{door::sockjs_polling, door::sockjs_streaming, door::sockjs_events};

shape units(std::string_view name,
            std::string_view attacks,
            std::vector<door> doors,
            std::string unit,
            habit does = habit::reads) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .make = [unit = std::move(unit)](std::size_t) { return unit; },
            .does = does};
}

/// One body, or frame, of `before`, `piece` over and over, and `after`.
shape text(std::string_view name,
           std::string_view attacks,
           std::vector<door> doors,
           std::string before,
           std::string piece,
           std::string after) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .how = way::text,
            .make = [=](std::size_t n) { return before + fill(piece, n) + after; }};
}

std::vector<shape> strings() {
    return {
        units("empty strings", "work a message", every, "\"\""),
        units("strings of one byte", "work a message", every, "\"a\""),
        units("strings of one byte, unread", "the queue", posts, "\"a\"", habit::never_reads),
        units("strings of 4 KB, unread",
              "the queue",
              posts,
              "\"" + std::string(4'096, 'a') + "\"",
              habit::never_reads),
        text("control characters", "escapes, both ways", all_but_forms, "[\"", "\\u0001", "\"]"),
        text("short escapes", "escapes, both ways", decoders, "[\"", "\\n", "\"]"),
        text("lone surrogates", "surrogates", all_but_forms, "[\"", "\\ud800", "\"]"),
        text("pairs of surrogates", "surrogates", decoders, "[\"", "\\ud83d\\ude00", "\"]"),
        text("surrogates in turn", "surrogates", decoders, "[\"", "\\ud83da", "\"]"),
        text("four-byte characters", "UTF-8", decoders, "[\"", "\xf0\x9f\x98\x80", "\"]"),
        text("quotes", "escapes, both ways", decoders, "[\"", "\\\"", "\"]"),
        text("delete characters", "what is written escaped", decoders, "[\"", "\x7f", "\"]"),
        text("line separators",
             "what is written escaped",
             all_but_forms,
             "[\"",
             "\xe2\x80\xa8",
             "\"]"),
        text("non-characters", "what is written escaped", decoders, "[\"", "\xef\xbf\xbf", "\"]"),
        text("per cent signs", "SSE's escapes", {door::sockjs_events}, "[\"", "%", "\"]"),
        text("tags", "escapes in a page", {door::sockjs_htmlfile}, "[\"", "</", "\"]"),
        text("bad UTF-8", "replacement, both ways", posts, "[\"", "\xff", "\"]"),
        text("bad UTF-8 in a form",
             "replacement, both ways",
             {door::sockjs_jsonp},
             "d=[\"",
             "\xff",
             "\"]"),
    };
}

std::vector<shape> other_json() {
    return {
        text("nested arrays", "JSON's depth", decoders, "", "[", ""),
        text("nested objects", "JSON's depth", decoders, "[", "{\"a\":", ""),
        text("nested to the bound",
             "JSON's depth",
             decoders,
             "[",
             repeat("[", 100) + repeat("]", 100) + ",",
             "0]"),
        text("numbers", "JSON's numbers", decoders, "[", "1e308,", "0]"),
        text("a number of a megabyte", "JSON's numbers", decoders, "[", "7", "]"),
        text("a fraction of a megabyte", "JSON's numbers", decoders, "[0.", "7", "]"),
        text("an exponent of a megabyte", "JSON's numbers", decoders, "[1e", "9", "]"),
        text("white space", "JSON's scanner", decoders, "[", " ", "]"),
        text("white space between strings", "JSON's scanner", decoders, "[", "\"\" \n, ", "\"\"]"),
        text("a string that does not end", "JSON's scanner", decoders, "[\"", "a", ""),
        text("backslashes that do not end", "JSON's scanner", decoders, "[\"", "\\\\", ""),
        units("empty arrays in frames", "work a frame", {door::sockjs_ws}, ""),
        {.name = "empty frames",
         .attacks = "work a frame",
         .doors = {door::sockjs_ws},
         .how = way::wire,
         .make = [](std::size_t n) { return fill(frame(0x81, ""), n); }},
        {.name = "bare strings in frames",
         .attacks = "work a frame",
         .doors = {door::sockjs_ws},
         .how = way::wire,
         .make = [](std::size_t n) { return fill(frame(0x81, "\"\""), n); }},
    };
}

std::vector<shape> forms() {
    const std::vector<door> jsonp{door::sockjs_jsonp};
    return {
        text("a form of escapes", "the form's decoder", jsonp, "d=%5B%22", "%61", "%22%5D"),
        text("a form of escaped escapes",
             "the form's decoder",
             jsonp,
             "d=%5B%22",
             "%5Cu0001",
             "%22%5D"),
        text(
            "a form of control characters", "escapes, both ways", jsonp, "d=[\"", "\\u0001", "\"]"),
        text("a form of lone surrogates", "surrogates", jsonp, "d=[\"", "\\ud800", "\"]"),
        text("a form of line separators", "JSONP's escapes", jsonp, "d=[\"", "\xe2\x80\xa8", "\"]"),
        text("a form of bad escapes", "the form's decoder", jsonp, "d=[\"", "%", "\"]"),
        text("a form of plus signs", "the form's decoder", jsonp, "d=[\"", "+", "\"]"),
        text("a form of many fields", "the form's decoder", jsonp, "", "a&", "d=[\"x\"]"),
        text("a form of one field, often", "the form's decoder", jsonp, "", "d=[]&", "d=[\"x\"]"),
    };
}

/// As many requests of one session as the amount says.
shape posted(std::string_view name, std::string_view attacks, std::string body) {
    return {.name = name,
            .attacks = attacks,
            .doors = posts,
            .how = way::script,
            .script = [body = std::move(body)](intrusion& on, door d) {
                auto& v = on.enter(d);
                on.start();
                for (std::size_t i = 0; i < on.requests(); ++i) {
                    v.post(body);
                    if (i % 8 == 0) on.wait_for(v);
                }
                on.wait_for(v);
            }};
}

}  // namespace

std::vector<shape> sockjs_shapes() {
    std::vector<shape> all;
    for (auto const& some : {strings(), other_json(), forms()})
        all.insert(all.end(), some.begin(), some.end());
    all.push_back(posted("POSTs of one message", "work a request", "[\"a\"]"));
    all.push_back(posted("POSTs of nothing", "refusals", ""));
    all.push_back(posted("POSTs of broken JSON", "refusals", "[\"a"));
    return all;
}

}  // namespace bench::costs
