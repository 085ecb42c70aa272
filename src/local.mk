# src/local.mk: one library of every module; programs, tests and fuzzers link it.
EXTRA_DIST += src/README.md
noinst_LIBRARIES += librouter.a
librouter_a_SOURCES =

include src/base/local.mk
include src/content/local.mk
include src/event/local.mk
include src/rules/local.mk
include src/config/local.mk
include src/store/local.mk
include src/cluster/local.mk
include src/tableau/local.mk
include src/schedule/local.mk
include src/dispatch/local.mk
include src/notify/local.mk
include src/intake/local.mk
include src/admin/local.mk
include src/daemon/local.mk
include src/cli/local.mk
include src/sandbox/local.mk


ROUTER_LIBS = librouter.a $(MICROHTTPD_LIBS) $(GNUTLS_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(YAML_LIBS) $(CJSON_LIBS) $(PCRE2_LIBS) $(SQLITE_LIBS) $(UTF8PROC_LIBS) $(SYSTEMD_LIBS) $(PQ_LIBS)
LDADD = $(ROUTER_LIBS)
