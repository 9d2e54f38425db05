weir_fuzzer(NAME config_fuzz SOURCES ${PROJECT_SOURCE_DIR}/tests/fuzz/config_fuzz.cc LIBS weir_config)
