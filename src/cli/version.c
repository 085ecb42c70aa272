/* cli/version.c - `--version`: versions of the program and of the libraries that it is linked
 * with. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "cli/version.h"
#include "build.h"
#include "store/store.h"
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <utf8proc.h>
#include <yaml.h>

void version_print(FILE *out)
{
	char pcre2[64]; /* pcre2api(3): 24 bytes suffice */
	pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	fprintf(out, "refresh-router %s\n", PACKAGE_VERSION);
	fprintf(out,
		"libmicrohttpd %s\nGnuTLS %s\nlibcurl %s\n%s\nlibyaml %s\ncJSON %s\nPCRE2 "
		"%s\nutf8proc %s\n",
		MHD_get_version(), gnutls_check_version(NULL),
		curl_version_info(CURLVERSION_NOW)->version, OpenSSL_version(OPENSSL_VERSION),
		yaml_get_version_string(), cJSON_Version(), pcre2, utf8proc_version());
	store_versions(out);
#ifdef HAVE_SYSTEMD
	fprintf(out, "libsystemd %s\n", SYSTEMD_VERSION);
#endif
}
