# Fails when a program is larger than it may be: cmake -DPROGRAM=<file> -DMOST=<bytes> -P check.cmake
file(SIZE ${PROGRAM} bytes)
message(STATUS "${PROGRAM}: ${bytes} bytes, at most ${MOST}")
if(bytes GREATER MOST)
  message(FATAL_ERROR "It has grown: nm --size-sort -C -S, and the linker's map (-Wl,-Map), say by what. "
    "What not every program uses belongs into a translation unit of its own.")
endif()
