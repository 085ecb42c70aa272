# packaging/developer.mk: for those who work on the program.
EXTRA_DIST += .clang-format .clang-tidy packaging/compile-commands packaging/release

PHONY_TARGETS += format release compile_commands.json

format:
	cd $(srcdir) && git ls-files '*.c' '*.h' | xargs clang-format -i

# One entry for each source of the programs and the unit tests; without what hardens, which clang's tools may not know, and with warnings left to builds.
compile_commands.json:
	@$(srcdir)/packaging/compile-commands "$(abs_builddir)" "$(abs_srcdir)" "$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) -std=gnu11 $(CFLAGS)" >$@.new
	@mv $@.new $@
CLEANFILES += compile_commands.json

release:
	$(srcdir)/packaging/release "$(srcdir)" "$(VERSION)" $(MAKE) distcheck
	sha256sum $(DIST_ARCHIVES) >$(DIST_ARCHIVES).sha256
	@cat $(DIST_ARCHIVES).sha256
