/* Devices as rows of the store. Private to this folder. */
#ifndef BOURSE_GROUPWARE_DEVICE_ROW_H
#define BOURSE_GROUPWARE_DEVICE_ROW_H

#include "bourse/groupware/device.h"
#include "bourse/storage/device.h"

/* Texts point into the row's. STATUS_CORRUPT for facts that cannot be read. */
enum status device_of_row(TALLOC_CTX *mem, const struct store_device *row, struct device *out) MUST_CHECK;
enum status row_of_device(TALLOC_CTX *mem, const struct device *device, struct guid owner, struct store_device *out) MUST_CHECK;

#endif
