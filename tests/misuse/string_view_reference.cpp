// write std::string: a text has to be decoded
void program(sio::server& io) {
    io.on("a",
          [](sio::socket&, std::string_view const& name, sio::ack<> done) { done(), (void)name; });
}
