#include "admin/metric.h"

#include <inttypes.h>

void admin_metric(struct buf *out, const char *name, const char *type, const char *help,
    uint64_t value)
{
	buf_printf(out,
	    "# HELP offhook_%s %s\n# TYPE offhook_%s %s\noffhook_%s %" PRIu64 "\n",
	    name, help, name, type, name, value);
}
