#pragma once

#include <anywire/error.hpp>

#include <catch2/catch.hpp>

#include <string>

// Boost 1.81 declares operator<< for every result<T>, streamable T or not; without this CHECK(r)
// does not compile in Catch2 v2.
template <class T>
struct Catch::StringMaker<anywire::result<T>> {
    static std::string convert(anywire::result<T> const& r) {
        return r ? "a value" : StringMaker<anywire::error_code>::convert(r.error());
    }
};
