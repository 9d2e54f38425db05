// What the precompiled headers of tests belong to. It has no test.
