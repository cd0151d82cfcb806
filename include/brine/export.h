/* SPDX-License-Identifier: Apache-2.0 */
/* Marks what the shared library exports; everything else is hidden. */
#ifndef BRINE_EXPORT_H
#define BRINE_EXPORT_H

#define BRINE_API __attribute__((visibility("default")))
#define BRINE_MUST_CHECK __attribute__((warn_unused_result))

#define BRINE_VERSION_MAJOR 0
#define BRINE_VERSION_MINOR 1
#define BRINE_VERSION_PATCH 0

#endif
