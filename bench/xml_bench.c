/* Goal 8, response building: http's XML writer beside libxml2's xmlTextWriter, both making the same EWS-like list of
 * items in memory; and http's reader beside libxml2's tree. Prints MB/s of both sides and the ratio (goal for the
 * writer: 3). */
#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bourse/http/xml_reader.h"
#include "bourse/http/xml_writer.h"

#define TYPES "http://schemas.microsoft.com/exchange/services/2006/types"
#define ITEMS 512
#define ROUNDS 60

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *const texts[][2] = {
    { "t:ItemClass", "IPM.Note" },
    { "t:Subject", "Quarterly figures & plans for <next> year" },
    { "t:DateTimeReceived", "2026-06-01T10:00:00Z" },
    { "t:Size", "20480" },
    { "t:HasAttachments", "false" },
    { "t:DisplayTo", "Alice Example; Bob Beispiel" },
    { "t:IsRead", "true" },
    { "t:Preview", "Dear all, please find the figures attached. We meet on Monday at ten to go through them." },
};

static size_t ours(TALLOC_CTX *mem, struct slice *kept)
{
    struct buffer *out = buffer_new(mem, 64u << 20);
    struct xml_writer *w = xml_writer_new(mem, out);
    xml_declaration(w);
    xml_start(w, "t:Items");
    xml_namespace(w, "t", TYPES);
    for (int i = 0; i < ITEMS; i++) {
        xml_start(w, "t:Message");
        xml_start(w, "t:ItemId");
        xml_attribute(w, "Id", "AAMkAGUwNjQ4ZDIxLTAxYjctNDQ4Ny04N2QzLTc1Nzk0YmM1ZDkyMQBGAAAAAACAAAAA");
        xml_attribute(w, "ChangeKey", "CQAAABYAAAD000000");
        xml_end(w);
        for (size_t t = 0; t < ARRAY_LENGTH(texts); t++)
            xml_element(w, texts[t][0], texts[t][1]);
        xml_end(w);
    }
    if (xml_writer_finish(w) != STATUS_OK)
        abort();
    *kept = buffer_slice(out);
    return kept->length;
}

static size_t theirs(void)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr w = xmlNewTextWriterMemory(buffer, 0);
    xmlTextWriterStartDocument(w, NULL, "utf-8", NULL);
    xmlTextWriterStartElementNS(w, BAD_CAST "t", BAD_CAST "Items", BAD_CAST TYPES);
    for (int i = 0; i < ITEMS; i++) {
        xmlTextWriterStartElement(w, BAD_CAST "t:Message");
        xmlTextWriterStartElement(w, BAD_CAST "t:ItemId");
        xmlTextWriterWriteAttribute(w, BAD_CAST "Id",
                                    BAD_CAST "AAMkAGUwNjQ4ZDIxLTAxYjctNDQ4Ny04N2QzLTc1Nzk0YmM1ZDkyMQBGAAAAAACAAAAA");
        xmlTextWriterWriteAttribute(w, BAD_CAST "ChangeKey", BAD_CAST "CQAAABYAAAD000000");
        xmlTextWriterEndElement(w);
        for (size_t t = 0; t < ARRAY_LENGTH(texts); t++)
            xmlTextWriterWriteElement(w, BAD_CAST texts[t][0], BAD_CAST texts[t][1]);
        xmlTextWriterEndElement(w);
    }
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    size_t length = (size_t)xmlBufferLength(buffer);
    xmlBufferFree(buffer);
    return length;
}

static double rate_of_reading(struct slice document, bool is_ours)
{
    double begin = cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        const struct xml_node *root = NULL;
        if (!is_ours)
            xmlFreeDoc(xmlReadMemory((const char *)document.data, (int)document.length, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_COMPACT));
        else if (xml_parse(mem, document, NULL, &root) != STATUS_OK)
            abort();
        talloc_free(mem);
    }
    return (double)document.length * ROUNDS / (cpu_seconds() - begin) / 1e6;
}

static double rate_of_writing(bool is_ours)
{
    size_t total = 0;
    double begin = cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice document;
        total += is_ours ? ours(mem, &document) : theirs();
        talloc_free(mem);
    }
    return (double)total / (cpu_seconds() - begin) / 1e6;
}

int main(void)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice document;
    ours(mem, &document);
    for (int run = 0; run < 3; run++) {
        double writer = rate_of_writing(true), text_writer = rate_of_writing(false);
        double reader = rate_of_reading(document, true), tree = rate_of_reading(document, false);
        printf("write: ours %6.0f MB/s, xmlTextWriter %6.0f MB/s, ratio %4.1f   read: ours with prescan %6.0f MB/s, "
               "libxml2 tree %6.0f MB/s, ratio %4.2f\n",
               writer, text_writer, writer / text_writer, reader, tree, reader / tree);
    }
    talloc_free(mem);
    return 0;
}
