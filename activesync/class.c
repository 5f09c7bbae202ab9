#include "class.h"

#include "bourse/model/properties.h"
#include "classes.h"

static const struct eas_class classes[] = {
#define CLASS(number, name, ...) [number] = { name, __VA_ARGS__ },
#include "classes.def"
#undef CLASS
};

const struct eas_class *eas_class_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LENGTH(classes); i++)
        if (classes[i].name != NULL && strcmp(classes[i].name, name) == 0)
            return &classes[i];
    return NULL;
}

uint8_t eas_class_number(const struct eas_class *item_class)
{
    return (uint8_t)(item_class - classes);
}

const struct eas_class *eas_class_at(uint8_t number)
{
    return number < ARRAY_LENGTH(classes) && classes[number].name != NULL ? &classes[number] : NULL;
}
