# cmake -D PROGRAM=<sdk_layout> -D EXPECTED=<abi.layout> -D FOUND=<file to write> -P layout.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${PROGRAM} OUTPUT_FILE ${FOUND} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${PROGRAM} failed: ${failed}")
endif()
execute_process(COMMAND diff -u ${EXPECTED} ${FOUND} RESULT_VARIABLE differs OUTPUT_VARIABLE diff)
if(differs)
  message(FATAL_ERROR "the layout of an ARRAY struct has moved, which breaks every plugin built before:\n${diff}"
    "If that is meant, raise WEIR_ABI_MINOR (WEIR_ABI_MAJOR once it is 1) and copy ${FOUND} to ${EXPECTED}.")
endif()
