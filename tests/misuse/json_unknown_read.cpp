// nothing reads this type from JSON: write ANYWIRE_JSON(type, members...) beside it
void program(anywire::session& s, anywire::message_view m) {
    if (auto const one = anywire::from_json<colour>(m.data)) s.send("red");
}
