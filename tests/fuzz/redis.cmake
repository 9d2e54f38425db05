# The plugin is compiled in, so that the fuzzer sees its branches; the reference host checks its contract.
file(GLOB redis_sources ${PROJECT_SOURCE_DIR}/plugins/redis/*.cc)
weir_fuzzer(NAME redis_request_fuzz SOURCES redis_request_fuzz.cc ${redis_sources} LIBS weir_protocol_driver)
weir_fuzzer(NAME redis_reply_fuzz SOURCES redis_reply_fuzz.cc ${redis_sources} LIBS weir_protocol_driver)
