/* Texts for people made from config.def: the sample file and the OPTIONS part of bourse.conf(5). */
#include "bourse/base/buffer.h"
#include "config_table.h"

static bool is_number_type(enum config_type type)
{
    return type == CONFIG_TYPE_BOOL || type == CONFIG_TYPE_INT || type == CONFIG_TYPE_SIZE ||
           type == CONFIG_TYPE_DURATION;
}

/* The text in quotes, as libconfuse reads it back. */
static void write_quoted(struct buffer *out, struct slice text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '"');
}

/* {"a", "b"} of "a,b". */
static void write_list(struct buffer *out, const char *text)
{
    struct slice rest = slice_of_text(text);
    buffer_append_byte(out, '{');
    for (bool is_first = true; rest.length > 0; is_first = false) {
        struct slice element;
        slice_split(rest, ',', &element, &rest);
        buffer_append_text(out, is_first ? "" : ", ");
        write_quoted(out, slice_trim(element));
    }
    buffer_append_byte(out, '}');
}

/* The default in the syntax of the file. */
static void write_initial(struct buffer *out, const struct config_row *row)
{
    if (row->type == CONFIG_TYPE_LIST)
        write_list(out, row->initial);
    else if (is_number_type(row->type))
        buffer_append_text(out, row->initial);
    else
        write_quoted(out, slice_of_text(row->initial));
}

/* "size, at least 65536; takes effect on reload". */
static void write_facts(struct buffer *out, const struct config_row *row)
{
    buffer_append_text(out, config_type_text(row->type));
    struct buffer *bounds = buffer_new(out, 100);
    if (bounds != NULL && config_write_bounds(row, bounds))
        buffer_printf(out, ", %s", buffer_text(bounds));
    talloc_free(bounds);
    buffer_append_text(out, row->reload == CONFIG_RELOAD_LIVE ? "; takes effect on reload" : "; needs a restart");
}

static bool starts_section(size_t row)
{
    return row == 0 || strcmp(config_rows[row].section, config_rows[row - 1].section) != 0;
}

void config_write_sample(struct buffer *out)
{
    buffer_append_text(out, "# Bourse configuration, see bourse.conf(5). Every option is listed with its default;\n"
                            "# remove the # in front of what you change.\n"
                            "# Sizes: 512KiB, 36MiB, 1GiB. Durations: 30s, 5m, 4h, 2d, 1h30m.\n");
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const struct config_row *row = &config_rows[i];
        if (starts_section(i))
            buffer_printf(out, "%s\n%s {\n", i > 0 ? "}\n" : "", row->section);
        else
            buffer_append_text(out, "\n");
        buffer_printf(out, "    # %s.\n    # (", row->text);
        write_facts(out, row);
        buffer_printf(out, ")\n    #%s = ", row->name);
        write_initial(out, row);
        buffer_append_text(out, "\n");
    }
    buffer_append_text(out, "}\n");
}

/* Text for troff: backslashes and hyphens as printed, nothing at the start of a line that troff takes for a request. */
static void write_troff(struct buffer *out, struct slice text)
{
    if (text.length > 0 && (text.data[0] == '.' || text.data[0] == '\''))
        buffer_append_text(out, "\\&");
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\\')
            buffer_append_text(out, "\\e");
        else if (text.data[i] == '-')
            buffer_append_text(out, "\\-");
        else
            buffer_append_byte(out, text.data[i]);
    }
}

static void write_manual_option(struct buffer *out, const struct config_row *row)
{
    struct buffer *text = buffer_new(out, 4096);
    if (text == NULL)
        return;
    buffer_printf(out, ".TP\n.B %s\n", row->name);
    buffer_printf(text, "%s.", row->text);
    write_troff(out, buffer_slice(text));
    buffer_append_text(out, "\n.br\n");
    buffer_reset(text);
    write_facts(text, row);
    buffer_append_text(text, ". Default: ");
    if (row->initial[0] == '\0')
        buffer_append_text(text, "empty");
    else
        write_initial(text, row);
    write_troff(out, buffer_slice(text));
    buffer_append_text(out, ".\n");
    talloc_free(text);
}

void config_write_manual(struct buffer *out)
{
    buffer_append_text(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        if (starts_section(i))
            buffer_printf(out, ".SS %s\n", config_rows[i].section);
        write_manual_option(out, &config_rows[i]);
    }
}
