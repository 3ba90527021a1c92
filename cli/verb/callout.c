// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts are asked before something is done to a device, and told afterwards. */
#include "verb/callout.h"

#include "base/msg.h"
#include "store/mdevctl.h"
#include "store/mdevctl_answer.h"
#include "store/mdevctl_text.h"

#include <errno.h>

/* One may rightly wait for 99 seconds, for another one of its kind; udev waits for 180. */
#define SECONDS 120

/* "Not of my kind": the next script is asked. */
#define STATUS_NOT_MINE 2

/* Who serves the devices of a type of a parent. */
struct callout_service {
	char *parent, *type;
	struct script *script; /* that says what it supports; NULL: all are asked in turn */
	struct script_support support;
};

static int64_t deadline; /* as of clock_ms(), after which no script is run; 0: none */

void callout_limit(unsigned int seconds)
{
	deadline = clock_ms() + (int64_t)seconds * 1000;
}

bool callout_is_any(void)
{
	const struct script_list *callouts = script_list(SCRIPT_CALLOUT);
	const struct script_list *notifiers = script_list(SCRIPT_NOTIFIER);

	return callouts->n || callouts->rc || notifiers->n || notifiers->rc;
}

struct definition callout_device(const struct device *dev)
{
	return (struct definition){.id = dev->id,
				   .parent = dev->parent,
				   .parent_name = dev->parent,
				   .type = dev->type};
}

/*
 * Runs one for the device. 0; or a negative errno: -ENOEXEC where it cannot be run, -ETIME where it
 * did not end in time before, -ETIMEDOUT where no script is run any more.
 */
static int run(const struct callout *callout, struct script *script, struct script_call call,
	       struct process_result *ret)
{
	const int64_t most = (int64_t)SECONDS * 1000;
	int64_t left = deadline ? deadline - clock_ms() : most;

	*ret = (struct process_result){0};
	if (script->is_out)
		return -ETIME;
	if (left <= 0)
		return -ETIMEDOUT;
	call.id = &callout->id;
	call.type = callout->type;
	call.parent = callout->parent;
	call.seconds = left < most ? (unsigned int)(left / 1000 + 1) : SECONDS;
	return script_run(script, &call, ret);
}

/* Fails for the device. detail: NULL, or a text that belongs to the failure then. */
static int fail(struct callout *callout, enum callout_trouble trouble, const struct script *script,
		int rc, char *detail)
{
	free(callout->failure.detail);
	callout->failure.trouble = trouble;
	callout->failure.path = script ? script->path : NULL;
	callout->failure.detail = detail;
	return rc;
}

static int fail_late(struct callout *callout, const struct script *script, int rc)
{
	if (rc == -ETIMEDOUT)
		return fail(callout, CALLOUT_LATE, script, -ETIMEDOUT,
			    xstrdup("is not run, for scripts have taken too long already"));
	if (rc == -ETIME)
		return fail(callout, CALLOUT_LATE, script, -ETIMEDOUT,
			    xstrdup("did not end in time before, and is not run again"));
	return fail(callout, CALLOUT_LATE, script, -ETIMEDOUT, xstrdup("did not end in time"));
}

/* The first line, as a message shows it. */
static char *first_line(const struct process_result *result)
{
	const char *text = result->err.data ? result->err.data : "";
	_cleanup_free_ char *line = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
	struct buf visible = {0};

	if (!*line)
		return NULL;
	buf_add_visible(&visible, line);
	return visible.data;
}

/* What it means for the device how its script ended; passes on what that said to the user. */
static int judge(struct callout *callout, const struct script *script, int rc,
		 const struct process_result *result)
{
	bool is_refused = !rc && result->end == PROCESS_EXITED && result->status;

	callout_relay(script, result, is_refused);
	callout->failure.status = result->status;
	if (rc == -ETIME || rc == -ETIMEDOUT || (!rc && result->end == PROCESS_TIMED_OUT))
		return fail_late(callout, script, rc);
	if (rc)
		return fail(callout, CALLOUT_BROKEN, script, rc, xstrdup(strerror(-rc)));
	if (result->end == PROCESS_KILLED)
		return fail(callout, CALLOUT_KILLED, script, -ECANCELED, NULL);
	if (is_refused)
		return fail(callout, CALLOUT_REFUSED, script, -ECANCELED, first_line(result));
	return 0;
}

/* Asks one that says what it supports. */
static int ask_supporting(struct callout *callout, const struct script_call *call,
			  struct process_result *ret)
{
	const struct callout_service *service = callout->service;
	struct script *script = service->script;

	*ret = (struct process_result){0};
	callout->failure.event = call->event;
	callout->failure.action = call->action;
	if (!(service->support.actions & 1u << call->action))
		return fail(callout, CALLOUT_NO_ACTION, script, -EOPNOTSUPP, NULL);
	if (!(service->support.events & 1u << call->event))
		return fail(callout, CALLOUT_NO_EVENT, script, -EOPNOTSUPP, NULL);
	return judge(callout, script, run(callout, script, *call, ret), ret);
}

static bool is_not_mine(int rc, const struct process_result *result)
{
	return rc == -ENOEXEC ||
	       (!rc && result->end == PROCESS_EXITED && result->status == STATUS_NOT_MINE);
}

/*
 * Asks all of those that do not say what they support, until one takes the device. One that was
 * killed may have had a reason to refuse, which another one that takes it makes up for.
 */
static int ask_in_turn(struct callout *callout, const struct script_call *call,
		       struct process_result *ret)
{
	struct script_list *scripts = script_list(SCRIPT_CALLOUT);
	int killed = 0;

	for (size_t i = 0; i < scripts->n; i++) {
		struct script *script = &scripts->v[i];
		int rc = run(callout, script, *call, ret);

		if (!rc && ret->end == PROCESS_KILLED) {
			killed = fail(callout, CALLOUT_KILLED, script, -ECANCELED, NULL);
			callout->failure.status = ret->status;
			callout_say_killed(script, ret->status);
		} else if (!is_not_mine(rc, ret)) {
			rc = judge(callout, script, rc, ret);
			callout->script = rc ? NULL : script;
			return rc;
		}
		process_result_free(ret);
		*ret = (struct process_result){0};
	}
	return killed;
}

/*
 * Asks the script that serves the device. The one that took it before an action is told of its end;
 * for attributes all are asked again, since another one may know them. The caller frees the result.
 */
static int ask(struct callout *callout, const struct script_call *call, struct process_result *ret)
{
	callout->failure.event = call->event;
	callout->failure.action = call->action;
	if (callout->service->script)
		return ask_supporting(callout, call, ret);
	if (callout->script && call->event != SCRIPT_GET)
		return judge(callout, callout->script, run(callout, callout->script, *call, ret),
			     ret);
	return ask_in_turn(callout, call, ret);
}

/* Whether it says so in a way that can be understood. */
static bool ask_support(const struct callout *callout, struct script *script,
			struct script_support *ret)
{
	const struct script_call call = {
		.event = SCRIPT_GET, .action = SCRIPT_CAPABILITIES, .input = script_provides};
	struct process_result result;
	int rc = run(callout, script, call, &result);
	bool is_said = !rc && result.end == PROCESS_EXITED && result.status != STATUS_NOT_MINE &&
		       !result.is_out_cut && result.out.data &&
		       !mdevctl_answer_support(result.out.data, result.out.len, ret);

	if (!rc && result.end == PROCESS_KILLED)
		callout_say_killed(script, result.status);
	if (is_said)
		callout_relay(script, &result, false);
	if (is_said && ret->has_unknown_action)
		callout_say_unknown(script, "action");
	if (is_said && ret->has_unknown_event)
		callout_say_unknown(script, "event");
	process_result_free(&result);
	return is_said;
}

static struct callout_service *make_service(const struct callout *callout)
{
	struct script_list *scripts = script_list(SCRIPT_CALLOUT);
	struct callout_service *service = xcalloc(1, sizeof(*service));

	service->parent = xstrdup(callout->parent);
	service->type = xstrdup(callout->type);
	for (size_t i = 0; !service->script && i < scripts->n; i++)
		if (ask_support(callout, &scripts->v[i], &service->support))
			service->script = &scripts->v[i];
	return service;
}

/* All scripts are asked once for each type of a parent. */
static const struct callout_service *find_service(const struct callout *callout)
{
	static struct callout_service **known;
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (strcmp(known[i]->type, callout->type) == 0 &&
		    strcmp(known[i]->parent, callout->parent) == 0)
			return known[i];
	known = xgrow(known, count, sizeof(*known));
	known[count] = make_service(callout);
	return known[count++];
}

/* A script that is not run could have refused: so nothing is asked where there is one. */
static int check_scripts(struct callout *callout, const struct script_list *scripts)
{
	char *error = NULL;
	int rc = scripts->rc;

	if (rc)
		return fail(callout, CALLOUT_BROKEN, NULL, rc, xstrdup(scripts->error));
	for (size_t i = 0; i < scripts->n; i++)
		if (scripts->v[i].distrust)
			return fail(callout, CALLOUT_BROKEN, &scripts->v[i], -EPERM,
				    xasprintf("%s (chown root, chmod go-w)",
					      scripts->v[i].distrust));
	rc = mdevctl_begin(&error);
	return rc ? fail(callout, CALLOUT_BROKEN, NULL, rc, error) : 0;
}

/* Finds who serves the device, where there is any script. */
static int callout_open(struct callout *callout, enum script_action action,
			const struct definition *def)
{
	const struct script_list *scripts = script_list(SCRIPT_CALLOUT);
	int rc;

	*callout = (struct callout){
		.action = action,
		.id = def->id,
		.type = xstrdup(def->type),
		.parent = xstrdup(def->parent_name ? def->parent_name : def->parent),
		.is_open = true,
	};
	if (!scripts->n && !scripts->rc)
		return 0;
	rc = check_scripts(callout, scripts);
	if (rc)
		return rc;
	callout->text = mdevctl_line(def);
	callout->service = find_service(callout);
	return 0;
}

static void callout_close(struct callout *callout)
{
	free(callout->type);
	free(callout->parent);
	free(callout->text);
	callout->is_open = false;
}

/* What those say that are only told counts for nothing. */
static void notify(const struct callout *callout, enum script_state state)
{
	struct script_list *scripts = script_list(SCRIPT_NOTIFIER);
	const struct script_call call = {
		.event = SCRIPT_NOTIFY, .action = callout->action, .state = state};
	struct process_result result;
	static bool is_said;

	for (size_t i = 0; i < scripts->n; i++) {
		struct script *script = &scripts->v[i];

		if (script->distrust && !is_said)
			msg_warning("script '%s' is not run: %s (chown root, chmod go-w)",
				    script->path, script->distrust);
		if (script->distrust)
			continue;
		(void)run(callout, script, call, &result);
		process_result_free(&result);
	}
	if (scripts->rc && !is_said)
		msg_warning("%s, ignoring", scripts->error);
	is_said = true;
}

/* Asks before the action. */
static int ask_first(struct callout *callout)
{
	const struct script_call call = {
		.event = SCRIPT_PRE, .action = callout->action, .input = callout->text};
	struct process_result result = {0};
	int rc;

	if (!callout->service)
		return 0;
	rc = ask(callout, &call, &result);
	process_result_free(&result);
	return rc;
}

int callout_begin(struct callout *callout, enum script_action action, const struct definition *def,
		  enum callout_flags flags, char **reterr)
{
	_cleanup_free_ char *error = NULL;
	int rc = callout_open(callout, action, def);

	if (!rc)
		rc = ask_first(callout);
	if (!rc)
		return 0;
	if (flags & CALLOUT_FORCE) {
		callout_say_forced(callout->action, &callout->failure);
		return 0;
	}
	error = callout_explain(&callout->failure);
	set_text(reterr, "%s", error);
	notify(callout, SCRIPT_NONE);
	callout_close(callout);
	return rc;
}

/* One that does not support it is not told. */
static void tell(struct callout *callout, enum script_state state)
{
	const struct callout_service *service = callout->service;
	const struct script_call call = {.event = SCRIPT_POST,
					 .action = callout->action,
					 .state = state,
					 .input = callout->text};
	struct process_result result = {0};

	if (!service ||
	    (service->script && !script_supports(&service->support, call.action, call.event)))
		return;
	(void)ask(callout, &call, &result);
	process_result_free(&result);
}

void callout_end(struct callout *callout, bool is_done)
{
	enum script_state state = is_done ? SCRIPT_SUCCESS : SCRIPT_FAILURE;

	if (callout->is_open) {
		tell(callout, state);
		notify(callout, state);
		callout_close(callout);
	}
	free(TAKE_PTR(callout->failure.detail));
}

struct disk_change callout_do(enum script_action action, const struct definition *def,
			      enum callout_flags flags, callout_act_fn act, void *arg,
			      char **reterr)
{
	struct callout callout;
	struct disk_change change;
	int rc = callout_begin(&callout, action, def, flags, reterr);

	change = rc ? disk_change_of(rc) : act(arg, reterr);
	callout_end(&callout, change.kind != CHANGE_FAILED);
	return change;
}

/* What the script answered that was asked for attributes. */
static int take_attributes(struct callout *callout, const struct process_result *result,
			   struct definition *def, struct arena *arena)
{
	const struct script *script = callout->service->script ? callout->service->script :
								 callout->script;
	char *error = NULL;
	int rc = 0;

	if (result->is_out_cut)
		return fail(callout, CALLOUT_NO_JSON, script, -EBADMSG, xstrdup("it is too long"));
	if (result->out.data)
		rc = mdevctl_answer_attrs(result->out.data, result->out.len, def, arena, &error);
	if (!rc)
		return 0;
	return fail(callout, rc == -EINVAL ? CALLOUT_BAD_ANSWER : CALLOUT_NO_JSON, script, -EBADMSG,
		    error);
}

static int ask_attributes(struct callout *callout, struct definition *def, struct arena *arena)
{
	const struct script_call call = {.event = SCRIPT_GET, .action = SCRIPT_ATTRIBUTES};
	struct process_result result = {0};
	int rc;

	if (!callout->service)
		return 0;
	rc = ask(callout, &call, &result);
	if (!rc)
		rc = take_attributes(callout, &result, def, arena);
	process_result_free(&result);
	return rc;
}

int callout_get_attributes(struct callout *callout, struct definition *def, struct arena *arena,
			   char **reterr)
{
	int rc = ask_attributes(callout, def, arena);
	_cleanup_free_ char *error = rc ? callout_explain(&callout->failure) : NULL;

	if (error)
		set_text(reterr, "%s", error);
	return rc;
}

/* The end of what is no action, of which scripts are not told. */
static int callout_abandon(struct callout *callout, int rc, char **reterr)
{
	_cleanup_free_ char *error = rc ? callout_explain(&callout->failure) : NULL;

	if (error)
		set_text(reterr, "%s", error);
	callout_close(callout);
	free(callout->failure.detail);
	return rc;
}

int callout_ask_attributes(struct definition *def, struct arena *arena, char **reterr)
{
	struct callout callout;
	int rc = callout_open(&callout, SCRIPT_ATTRIBUTES, def);

	if (!rc)
		rc = ask_attributes(&callout, def, arena);
	return callout_abandon(&callout, rc, reterr);
}

static bool changes_live(const struct callout *callout)
{
	const struct callout_service *service = callout->service;

	return service && service->script &&
	       script_supports(&service->support, SCRIPT_MODIFY, SCRIPT_LIVE);
}

int callout_find_live(const struct definition *def, char **reterr)
{
	struct callout callout;
	int rc = callout_open(&callout, SCRIPT_MODIFY, def);
	bool is_found = !rc && changes_live(&callout);

	rc = callout_abandon(&callout, rc, reterr);
	return rc ? rc : is_found;
}

int callout_change_live(const struct definition *def, char **reterr)
{
	struct script_call call = {.event = SCRIPT_LIVE, .action = SCRIPT_MODIFY};
	struct process_result result = {0};
	struct callout callout;
	int rc = callout_open(&callout, SCRIPT_MODIFY, def);
	bool is_any = !rc && callout.service && callout.service->script;

	call.input = callout.text;
	if (is_any)
		rc = ask_supporting(&callout, &call, &result);
	process_result_free(&result);
	if (is_any && changes_live(&callout))
		notify(&callout, SCRIPT_NONE);
	rc = callout_abandon(&callout, rc, reterr);
	return rc || is_any ? rc : -EOPNOTSUPP;
}
