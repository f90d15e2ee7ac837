namespace anywire {}
