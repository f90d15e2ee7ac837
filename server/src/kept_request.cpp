#include "kept_request.hpp"

namespace anywire {

kept_request::kept_request(incoming const& of, bool with_body)
    : here_(of.here),
      to_(of.to),
      via_(of.via),
      page_allowed_(of.page_allowed),
      head_(of.head),
      client_(of.client) {
    auto const body = with_body ? of.head.body : std::string_view{};
    auto size = of.head.method.size() + of.head.target.size() + of.head.host.size() +
                of.client.host.size() + body.size();
    for (auto const& f : of.head.fields) size += f.name.size() + f.value.size();
    text_.reserve(size);  // the views stay good
    head_.method = keep(of.head.method);
    head_.target = keep(of.head.target);
    head_.path = head_.target.substr(0, of.head.path.size());
    head_.query = head_.target.substr(head_.target.size() - of.head.query.size());
    below_ = head_.path.substr(head_.path.size() - of.below.size());
    head_.host = keep(of.head.host);
    client_.host = keep(of.client.host);
    head_.body = keep(body);
    fields_.reserve(of.head.fields.size());
    for (auto const& f : of.head.fields) fields_.push_back({keep(f.name), keep(f.value)});
    head_.fields = fields_;
}

std::string_view kept_request::keep(std::string_view s) {
    auto const at = text_.size();
    text_.append(s);
    return std::string_view(text_).substr(at);
}

}  // namespace anywire
