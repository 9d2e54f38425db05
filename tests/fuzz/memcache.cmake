# The parsers are compiled in, so that the fuzzer sees their branches.
file(GLOB memcache_sources ${PROJECT_SOURCE_DIR}/plugins/memcache/*.cc)
weir_fuzzer(NAME memcache_request_fuzz SOURCES memcache_request_fuzz.cc ${memcache_sources} LIBS Weir::sdk)
weir_fuzzer(NAME memcache_reply_fuzz SOURCES memcache_reply_fuzz.cc ${memcache_sources} LIBS Weir::sdk)
# These two look at what the plugin makes of requests and replies, too; the reference host checks its contract.
weir_fuzzer(NAME memcache_meta_fuzz SOURCES memcache_meta_fuzz.cc ${memcache_sources} LIBS weir_protocol_driver)
weir_fuzzer(NAME memcache_packet_fuzz SOURCES memcache_packet_fuzz.cc ${memcache_sources} LIBS weir_protocol_driver)
