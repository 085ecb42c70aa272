/* daemon/reload.c - loads configuration and rules, puts both into use or neither, and keeps the
 * fingerprint of what was read. */
#include "daemon/reload.h"
#include "admin/trouble.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/log/log.h"
#include "base/metric.h"
#include <stdio.h>

struct reload {
	char *config_path;
	struct config_slot *configs;
	struct ruleset_slot *rulesets;
	struct trouble_slot *failures;
	/* of the bytes last read, whether they loaded or not */
	char fingerprint[FINGERPRINT_TEXT_SIZE];
};

static struct ruleset *load_rules(const struct config *config, struct problems *problems)
{
	OWNED(arena) arena = arena_new();
	struct ruleset_known known = {
		.sites = config_site_names(config, arena),
		.sources = config_source_names(config, arena),
	};
	return ruleset_load(config->rules.items, config->rules.count, &known, problems);
}

/* Loads both, or neither. */
static bool load(const char *path, struct config **config, struct ruleset **ruleset,
	struct problems *problems)
{
	OWNED(config) loaded = config_load(path, problems);
	if (!loaded || !config_check_secrets(loaded, SECRETS_EVERYWHERE, problems) ||
		!config_check_files(loaded, problems))
		return false;
	*ruleset = load_rules(loaded, problems);
	if (!*ruleset)
		return false;
	*config = TAKE(loaded);
	return true;
}

/* ---- what was read ---- */

static void add_file(const char *path, void *context)
{
	struct fingerprint *fingerprint = context;
	OWNED_TEXT struct text bytes = TEXT(YAML_FILE_BYTES); /* a larger file is not loaded */
	struct error err;
	bool is_read = file_read(path, &bytes, &err);
	fingerprint_add(fingerprint, path, is_read ? text_str(&bytes) : str_of(err.message));
	secret_wipe(bytes.at, bytes.length);
}

static void visit_secret(
	const struct secret_ref *ref, void (*visit)(const char *path, void *context), void *context)
{
	if (ref->from == SECRET_FROM_FILE)
		visit(ref->name, context);
}

static void visit_secrets(
	const struct config *config, void (*visit)(const char *path, void *context), void *context)
{
	for (size_t i = 0; i < config_source_count(config); i++) {
		const struct list *secrets = &config_source_at(config, i)->secrets;
		for (size_t j = 0; j < secrets->count; j++)
			visit_secret(
				&((const struct secret_ref *)secrets->items)[j], visit, context);
	}
	for (size_t i = 0; i < config->admin_tokens.count; i++)
		visit_secret(&config_token_at(config, i)->secret, visit, context);
	for (size_t i = 0; i < config_site_count(config); i++)
		visit_secret(&config_site_at(config, i)->pat.secret, visit, context);
	for (size_t i = 0; i < config_receiver_count(config); i++) {
		const struct config_receiver *receiver = config_receiver_at(config, i);
		if (receiver->to.secret.name)
			visit_secret(&receiver->to.secret, visit, context);
		if (receiver->secret.name)
			visit_secret(&receiver->secret, visit, context);
	}
}

static void visit_paths(
	const struct config *config, void (*visit)(const char *path, void *context), void *context)
{
	for (size_t i = 0; i < config->rules.count; i++)
		visit(config->rules.items[i], context);
	visit_secrets(config, visit, context);
	config_visit_files(config, visit, context);
}

/* By the paths of the configuration in use: if those change, the configuration's own bytes
 * change. */
static void take_fingerprint(
	const struct reload *reload, const struct config *config, char out[FINGERPRINT_TEXT_SIZE])
{
	struct fingerprint fingerprint = { 0 };
	char revision[FINGERPRINT_TEXT_SIZE];
	ruleset_revision_of(config->rules.items, config->rules.count, revision);
	fingerprint_add(&fingerprint, "rules", str_of(revision));
	add_file(reload->config_path, &fingerprint);
	visit_secrets(config, add_file, &fingerprint);
	config_visit_files(config, add_file, &fingerprint);
	fingerprint_finish(&fingerprint, out);
}

bool reload_is_worth_it(struct reload *reload)
{
	char now[FINGERPRINT_TEXT_SIZE];
	OWNED(config) config = config_slot_get(reload->configs);
	take_fingerprint(reload, config, now);
	return strcmp(now, reload->fingerprint) != 0;
}

/* ---- the first time ---- */

/* The names that metrics have labels of. */
static void name_metrics(const struct config *config, const struct ruleset *ruleset)
{
	size_t site_count = config_site_count(config), source_count = config_source_count(config),
	       receiver_count = config_receiver_count(config),
	       rule_count = ruleset_rule_count(ruleset);
	const char **names = mem_alloc(
		sizeof *names * (site_count + source_count + receiver_count + rule_count + 1));
	for (size_t i = 0; i < site_count; i++)
		names[i] = config_site_at(config, i)->name;
	metric_names(LABEL_site, names, site_count);
	for (size_t i = 0; i < source_count; i++)
		names[i] = config_source_at(config, i)->name;
	metric_names(LABEL_source, names, source_count);
	for (size_t i = 0; i < receiver_count; i++)
		names[i] = config_receiver_at(config, i)->name;
	metric_names(LABEL_receiver, names, receiver_count);
	for (size_t i = 0; i < rule_count; i++)
		names[i] = ruleset_rule(ruleset, i).name;
	metric_names(LABEL_rule, names, rule_count);
	free(names);
}

static void serve(struct reload *reload, struct config *config, struct ruleset *ruleset)
{
	name_metrics(config, ruleset);
	metric_tell(METRIC_ruleset_info, ruleset_revision(ruleset));
	metric_set(METRIC_ruleset_rules, (int64_t)ruleset_rule_count(ruleset));
	metric_set(METRIC_config_last_reload_successful, 1);
	metric_set(METRIC_config_last_reload_success_timestamp_seconds, clock_wall().us);
	config_slot_put(reload->configs, config);
	ruleset_slot_put(reload->rulesets, ruleset);
}

struct reload *reload_new(const char *config_path, struct problems *problems)
{
	struct config *config;
	struct ruleset *ruleset;
	if (!load(config_path, &config, &ruleset, problems))
		return NULL;
	struct reload *reload = mem_new(struct reload);
	reload->config_path = mem_copy_text(config_path);
	reload->configs = config_slot_new();
	reload->rulesets = ruleset_slot_new();
	reload->failures = trouble_slot_new();
	take_fingerprint(reload, config, reload->fingerprint);
	serve(reload, config, ruleset);
	return reload;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	config_slot_free(reload->configs);
	ruleset_slot_free(reload->rulesets);
	trouble_slot_free(reload->failures);
	free(reload->config_path);
	free(reload);
}

struct config_slot *reload_configs(struct reload *reload)
{
	return reload->configs;
}

struct ruleset_slot *reload_rulesets(struct reload *reload)
{
	return reload->rulesets;
}

struct trouble_slot *reload_failures(struct reload *reload)
{
	return reload->failures;
}

/* ---- again ---- */

static bool fail(struct reload *reload, struct text *report)
{
	trouble_slot_put(reload->failures, trouble_new(report->at));
	metric_add(METRIC_config_reloads_total, 1, "refused");
	metric_set(METRIC_config_last_reload_successful, 0);
	log_error("reload refused; the last good configuration and rules go on serving",
		KV("reason", report->at));
	return false;
}

static void report_problems(const struct problems *problems, struct text *report)
{
	char *bytes = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&bytes, &length);
	problems_print(problems, memory, false);
	fclose(memory);
	text_add_str(report, (struct str){ bytes, length });
	free(bytes);
}

/* NULL: no TLS. */
static const char *is_on(const struct config_tls *tls)
{
	return tls->certificate ? "on" : NULL;
}

/* Reports changes that take effect only at a restart. */
static void report_fixed(const struct config *before, const struct config *now, struct text *report)
{
	const struct {
		const char *name, *before, *now;
	} fixed[] = {
		{ "listen.webhooks", before->listen.webhooks, now->listen.webhooks },
		{ "listen.admin", before->listen.admin, now->listen.admin },
		{ "listen.admin_mode", before->listen.admin_mode, now->listen.admin_mode },
		{ "listen.admin_group", before->listen.admin_group, now->listen.admin_group },
		{ "listen.tls", is_on(&before->listen.tls), is_on(&now->listen.tls) },
		{ "listen.admin_tls", is_on(&before->listen.admin_tls),
			is_on(&now->listen.admin_tls) },
		{ "store", before->store.url, now->store.url },
		{ "store.password", before->store.password.name, now->store.password.name },
		{ "store.listen", before->store.listen, now->store.listen },
	};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		if (text_is(fixed[i].before, fixed[i].now))
			continue;
		log_warning("a changed setting waits for a restart", KV("setting", fixed[i].name));
		text_printf(
			report, "%s changed: that takes effect at the next start\n", fixed[i].name);
	}
}

static bool reload_now(
	struct reload *reload, reload_apply *apply, void *context, struct text *report)
{
	OWNED(problems) problems = problems_new();
	struct config *config;
	struct ruleset *ruleset;
	struct error err;
	if (!load(reload->config_path, &config, &ruleset, problems)) {
		report_problems(problems, report);
		return fail(reload, report);
	}
	if (!apply(config, context, report, &err)) {
		text_printf(report, "%s\n", err.message);
		config_free(config);
		ruleset_free(ruleset);
		return fail(reload, report);
	}
	struct config *before = config_slot_get(reload->configs);
	report_fixed(before, config, report);
	config_free(before);
	text_add(report, "serving ");
	text_add_count(report, ruleset_rule_count(ruleset), "rule");
	text_printf(report, ", %s\n", ruleset_revision(ruleset));
	log_info("reloaded", KV("rules", (int64_t)ruleset_rule_count(ruleset)),
		KV("ruleset", ruleset_revision(ruleset)));
	metric_add(METRIC_config_reloads_total, 1, "succeeded");
	trouble_slot_put(reload->failures, NULL);
	serve(reload, config, ruleset);
	return true;
}

static void add_path(const char *path, void *context)
{
	text_printf(context, "%s\n", path);
}

static bool has_same_paths(const struct config *a, const struct config *b)
{
	OWNED_TEXT struct text paths_a = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text paths_b = TEXT(TEXT_UNBOUNDED);
	visit_paths(a, add_path, &paths_a);
	visit_paths(b, add_path, &paths_b);
	return !strcmp(paths_a.at, paths_b.at);
}

bool reload_again(struct reload *reload, reload_apply *apply, void *context, struct text *report)
{
	/* Taken before reading, so that a change in between is worth another reload. */
	OWNED(config) before = config_slot_get(reload->configs);
	take_fingerprint(reload, before, reload->fingerprint);
	bool is_good = reload_now(reload, apply, context, report);
	OWNED(config) after = config_slot_get(reload->configs);
	/* The fingerprint lacks files at new paths, so the next change of a file reloads once
	 * more. */
	if (!has_same_paths(before, after))
		reload->fingerprint[0] = '\0';
	return is_good;
}

void reload_paths(
	struct reload *reload, void (*visit)(const char *path, void *context), void *context)
{
	OWNED(config) config = config_slot_get(reload->configs);
	visit(reload->config_path, context);
	visit_paths(config, visit, context);
	ruleset_visit_folders(config->rules.items, config->rules.count, visit, context);
}
