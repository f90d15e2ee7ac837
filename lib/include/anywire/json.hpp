#pragma once

// JSON for every dialect: text to values and back, types of the application's, objects in braces.
#include <anywire/json/containers.hpp>
#include <anywire/json/convert.hpp>
#include <anywire/json/literals.hpp>
#include <anywire/json/object.hpp>
#include <anywire/json/text.hpp>
#include <anywire/json/value.hpp>
#include <anywire/json/view.hpp>
#include <anywire/json/writer.hpp>
