// nothing writes this type as JSON: write ANYWIRE_JSON(type, members...) beside it
void program(anywire::session& s) {
    s.send(anywire::to_json_text(std::vector<colour>{}));
}
