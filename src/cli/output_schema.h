/*
 * cli/output_schema.h - JSON Schemas (draft-07) of the JSON that programs rely on. The caller owns
 * the returned trees.
 */
#pragma once
#include "base/json.h"

cJSON *decision_output_schema(void);  /* route --format json, POST /api/v1/route */
cJSON *event_output_schema(void);     /* an item of /api/v1/events */
cJSON *refresh_output_schema(void);   /* an item of /api/v1/refreshes */
cJSON *selection_output_schema(void); /* an item of /api/v1/selections */
cJSON *site_output_schema(void);
cJSON *node_output_schema(void);
cJSON *receiver_output_schema(void);
cJSON *notification_output_schema(void); /* what notify/ sends */
cJSON *problems_output_schema(void);     /* check --format json */
cJSON *resolve_output_schema(void);      /* POST /api/v1/resolve */
cJSON *test_output_schema(void);         /* test --format json */
cJSON *diff_output_schema(void);         /* diff --format json */
cJSON *verify_output_schema(void);       /* verify --format json */
cJSON *backup_output_schema(void);       /* backup --format json */
cJSON *store_output_schema(void);        /* store copy --format json */
cJSON *doctor_output_schema(void);       /* doctor --format json */
cJSON *reload_output_schema(void);       /* reload --format json, POST /-/reload */
cJSON *health_output_schema(void);       /* health --format json, /healthz and /readyz */
cJSON *finding_output_schema(void);      /* explain CODE --format json, an item without CODE */
