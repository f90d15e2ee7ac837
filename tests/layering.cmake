# Fails when a layer includes what lies above or beside it: cmake -DROOT=<tree> -P layering.cmake
# The graph, as data. What is not named here resolves to nothing, since each layer is a target.
cmake_minimum_required(VERSION 3.25)

set(forbidden_in_core
    "boost/asio|boost/beast(\\.hpp|/[^z])|openssl/|<(thread|mutex|iostream)>")
# The hub, Socket.IO and STOMP span shards, so they have locks; threads and clocks are the server's.
set(forbidden_in_socketio
    "boost/asio|boost/beast(\\.hpp|/[^z])|openssl/|<(thread|iostream)>")
set(forbidden_in_stomp "${forbidden_in_socketio}")
set(forbidden_in_hub "${forbidden_in_socketio}")
set(forbidden_in_transports "<(thread|mutex|iostream)>")
# What clients run on has a thread: one file of that floor knows it.
set(forbidden_in_client_context "<iostream>")
# A connection to Redis and a bus are used on any thread: what they count has a lock. The file of the
# handle may have to end a thread elsewhere.
set(forbidden_in_redis "<(thread|iostream)>")
set(forbidden_in_redis_connection "<iostream>")
set(forbidden_in_stomp_relay "<(thread|iostream)>")
set(forbidden_in_server "<iostream>")
set(forbidden_in_public "boost/(asio|beast)|openssl/|rapidjson/|hiredis/|<iostream>")

# The areas of lib/src, and which of them each may include.
set(areas core hub websocket sockjs engineio session client socketio stomp)
set(area_core core)
set(area_hub core hub)
set(area_websocket core websocket)
set(area_sockjs core sockjs)
set(area_engineio core engineio)
set(area_session core hub websocket sockjs engineio session)
set(area_client core websocket sockjs engineio session client)
set(area_socketio core hub session socketio)
set(area_stomp core hub session stomp)

function(complain file line why)
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${ROOT})
  message(SEND_ERROR "${file}: ${line} - ${why}")
endfunction()

function(includes_of file out)
  file(STRINGS ${file} lines REGEX "^ *# *include")
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

function(forbid pattern why)
  foreach(file IN LISTS ARGN)
    includes_of(${file} lines)
    foreach(line IN LISTS lines)
      if(line MATCHES "${pattern}")
        complain(${file} "${line}" "${why}")
      endif()
    endforeach()
  endforeach()
endfunction()

# The floors: anywire::core is lib/ without Socket.IO and STOMP, which stand on it.
file(GLOB_RECURSE lib_files ${ROOT}/lib/*.hpp ${ROOT}/lib/*.cpp)
set(socketio_files ${lib_files})
list(FILTER socketio_files INCLUDE REGEX "/(src|include/anywire)/socketio/")
set(stomp_files ${lib_files})
list(FILTER stomp_files INCLUDE REGEX "/(src|include/anywire)/stomp/")
set(core_files ${lib_files})
if(socketio_files)
  list(REMOVE_ITEM core_files ${socketio_files} ${stomp_files})
endif()
forbid("<anywire/(socketio|stomp)" "Socket.IO and STOMP stand on the core" ${core_files})
forbid("<anywire/socketio" "STOMP knows no Socket.IO" ${stomp_files})
forbid("<anywire/stomp" "Socket.IO knows no STOMP" ${socketio_files})
set(hub_files ${core_files})
list(FILTER hub_files INCLUDE REGEX "/src/hub/")
list(FILTER core_files EXCLUDE REGEX "/src/hub/")
foreach(layer transports server)
  file(GLOB_RECURSE ${layer}_files ${ROOT}/${layer}/*.hpp ${ROOT}/${layer}/*.cpp)
endforeach()
# What makes a Socket.IO client of a connection stands on both, and so does the program on it; so do
# the adapters to other servers.
list(FILTER transports_files EXCLUDE REGEX "/transports/(socketio_client|cli)/")
set(redis_files ${transports_files})
list(FILTER redis_files INCLUDE REGEX "/transports/(redis|unix_bus)/")
# Nor does what puts a broker behind a server of STOMP; it is used on any thread.
set(stomp_relay_files ${transports_files})
list(FILTER stomp_relay_files INCLUDE REGEX "/transports/stomp_relay/")
list(FILTER transports_files EXCLUDE REGEX "/transports/stomp_relay/")
forbid("<anywire/(socketio|redis)" "the relay knows STOMP alone" ${stomp_relay_files})
set(redis_connection_files ${redis_files})
list(FILTER redis_connection_files INCLUDE REGEX "/src/(connection|bus_port)\\.cpp$")
list(FILTER redis_files EXCLUDE REGEX "/src/(connection|bus_port)\\.cpp$")
list(FILTER transports_files EXCLUDE REGEX "/transports/(redis|unix_bus)/")
# Clients and carriers know nothing of Redis.
forbid("<anywire/redis/" "anywire::redis stands on the clients" ${transports_files})
forbid("<anywire/(socketio|stomp)|\"(socketio|stomp)/" "carriers know no layer" ${transports_files})
set(client_context_files ${transports_files})
list(FILTER client_context_files INCLUDE REGEX "/client/src/client_context\\.cpp$")
list(FILTER transports_files EXCLUDE REGEX "/client/src/client_context\\.cpp$")
foreach(layer core hub socketio stomp transports client_context redis redis_connection stomp_relay server)
  forbid("${forbidden_in_${layer}}" "not in ${layer}" ${${layer}_files})
  forbid("\"\\.\\./" "no paths upwards" ${${layer}_files})
endforeach()

# Headers of the server, the public and its own, are for the server.
file(GLOB_RECURSE server_headers RELATIVE ${ROOT}/server/src ${ROOT}/server/src/*.hpp)
file(GLOB_RECURSE public_server_headers RELATIVE ${ROOT}/server/include ${ROOT}/server/include/anywire/*.hpp)
foreach(header IN LISTS server_headers public_server_headers)
  string(REPLACE "." "\\." pattern ${header})
  forbid("[<\"]${pattern}[>\"]" "a header of server/"
         ${lib_files} ${transports_files} ${redis_files} ${stomp_relay_files})
endforeach()

file(GLOB_RECURSE public_files ${ROOT}/lib/include/anywire/*.hpp
     ${ROOT}/transports/include/anywire/*.hpp ${ROOT}/transports/client/include/anywire/*.hpp
     ${ROOT}/transports/redis/include/anywire/*.hpp ${ROOT}/transports/unix_bus/include/anywire/*.hpp
     ${ROOT}/transports/stomp_relay/include/anywire/*.hpp
     ${ROOT}/server/include/anywire/*.hpp ${ROOT}/server/cluster/include/anywire/*.hpp)
# The one header that is for those who have RapidJSON, and those for programs on Asio.
list(FILTER public_files EXCLUDE REGEX "/(json/rapidjson|asio|client_asio|executors|detail/asio_stream)\\.hpp$")
forbid("${forbidden_in_public}" "not in a public header" ${public_files})
string(REPLACE ";" "|" any_area "${areas}")
forbid("[<\"](${any_area})/" "a public header includes an internal one" ${public_files})

foreach(area IN LISTS areas)
  file(GLOB_RECURSE files ${ROOT}/lib/src/${area}/*.hpp ${ROOT}/lib/src/${area}/*.cpp)
  foreach(other IN LISTS areas)
    if(NOT other IN_LIST area_${area})
      forbid("[<\"]${other}/" "lib/src/${area} may not include ${other}" ${files})
    endif()
  endforeach()
endforeach()

# Time is an argument in lib/: it reads no clock.
foreach(file IN LISTS lib_files)
  file(STRINGS ${file} lines REGEX "_clock::now *\\(")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ *//")
      complain(${file} "${line}" "lib/ reads no clock")
    endif()
  endforeach()
endforeach()

# Peers choose names: a table by text has a keyed hash (core/keyed_hash.hpp).
foreach(file IN LISTS lib_files transports_files redis_files stomp_relay_files server_files)
  if(file MATCHES "/(core/keyed_hash\\.hpp|anywire/json/containers\\.hpp)$")
    continue()
  endif()
  file(STRINGS ${file} lines REGEX "unordered_[a-z_]*<std::string")
  foreach(line IN LISTS lines)
    complain(${file} "${line}" "a table by text needs a keyed hash")
  endforeach()
endforeach()
