# cmake -DTARGET=<program> -DSCRATCH=<folder> -P test.cmake
# Whatever ends a target, its output tells the number, the number makes the same input, and that is
# left in a file.
file(REMOVE_RECURSE ${SCRATCH})
foreach(word abort! throw! wild!! signed)
  # Seeds are harmless; only a word of the dictionary does harm.
  file(MAKE_DIRECTORY ${SCRATCH}/${word}/seeds)
  file(WRITE ${SCRATCH}/${word}/seeds/one "harmless")
  file(WRITE ${SCRATCH}/${word}/seeds/two "a seed")
  file(WRITE ${SCRATCH}/${word}/dict "# one word\nword=\"${word}\"\n")
  unset(ENV{ANYWIRE_FUZZ_SEED})
  foreach(attempt first again)
    execute_process(COMMAND ${TARGET} ${word} ${SCRATCH}/${word}/seeds 1000 ${SCRATCH}/${word}
        ${SCRATCH}/${word}/dict
      RESULT_VARIABLE ended OUTPUT_VARIABLE out ERROR_VARIABLE err)
    if(ended EQUAL 0)
      message(FATAL_ERROR "${word}: did not fail: ${out}")
    endif()
    if(NOT err MATCHES "fails on ([^;]+); ANYWIRE_FUZZ_SEED=([0-9]+)")
      message(FATAL_ERROR "${word}: does not say how it failed: ${ended} ${out}${err}")
    endif()
    set(file ${CMAKE_MATCH_1})
    set(ENV{ANYWIRE_FUZZ_SEED} ${CMAKE_MATCH_2})
    file(READ ${file} ${attempt} HEX)
    file(REMOVE ${file})
    string(HEX ${word} wanted)
    if(NOT ${attempt} MATCHES ${wanted})
      message(FATAL_ERROR "${word}: is not in what was left: ${${attempt}}")
    endif()
  endforeach()
  if(NOT first STREQUAL again)
    message(FATAL_ERROR "${word}: the same number makes ${first} and ${again}")
  endif()
endforeach()
