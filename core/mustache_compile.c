// SPDX-License-Identifier: MIT
// Compiles Mustache templates into a flat list of nodes.
#include "mustache_node.h"

#include <stdlib.h>
#include <string.h>

enum {
    PARTIAL_DEPTH_LIMIT = 8,        // stated in the header; also ends a partial that calls itself
    STORE_LIMIT_BYTES = 4 << 20,    // the largest page is far below 100 KiB
    INDENTED_LIMIT_BYTES = 1 << 20, // one partial with its indentation
};

// One text being compiled: the template or, inlined, one of its partials.
struct source {
    const char *name, *text;
    size_t size_bytes, position;
};

struct compiler {
    struct mustache *template;
    mustache_partial_fn partial;
    void *context;
    size_t open[MUSTACHE_SECTION_LIMIT]; // nodes of the sections that are open now
    size_t open_count;
    unsigned depth;
    struct err *err;
};

struct tag {
    char sigil; // 0 for {{name}}
    const char *name;
    size_t name_size_bytes;
    size_t begin, end; // in the source, with the braces
};

static size_t line_of(const struct source *source, size_t position)
{
    size_t line = 1;
    for (size_t i = 0; i < position; i++)
        line += source->text[i] == '\n';
    return line;
}

static enum status refuse(const struct compiler *c, const struct source *source, size_t position,
                          const char *what)
{
    return err_set(c->err, STATUS_BAD_INPUT, "template %s, line %zu: %s", source->name,
                   line_of(source, position), what);
}

static enum status add_node(struct compiler *c, struct mustache_node node)
{
    struct mustache *t = c->template;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? 64 : t->capacity * 2;
        struct mustache_node *nodes = realloc(t->nodes, capacity * sizeof(*nodes));
        if (nodes == NULL)
            return err_set(c->err, STATUS_NO_MEMORY, "no memory for a template");
        t->nodes = nodes;
        t->capacity = capacity;
    }
    t->nodes[t->count++] = node;
    return STATUS_OK;
}

static enum status add_text(struct compiler *c, const char *text, size_t size_bytes)
{
    if (size_bytes == 0)
        return STATUS_OK;
    struct mustache_node node = {
        .kind = MUSTACHE_TEXT, .offset = c->template->store.size_bytes, .size_bytes = size_bytes};
    buf_add(&c->template->store, text, size_bytes);
    return add_node(c, node);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

// Finds the next tag at or behind the source's position; `ret_tag->begin` is the end of the text
// when there is none.
static enum status next_tag(struct compiler *c, const struct source *source, struct tag *ret_tag)
{
    struct tag tag = {0};
    const char *text = source->text;
    const char *open = strstr(text + source->position, "{{");
    tag.begin = tag.end = open == NULL ? source->size_bytes : (size_t)(open - text);
    if (open == NULL) {
        *ret_tag = tag;
        return STATUS_OK;
    }
    const char *inner = open + 2;
    if (*inner != '\0' && strchr("{&#^/>!=", *inner) != NULL)
        tag.sigil = *inner++;
    const char *ending = tag.sigil == '{' ? "}}}" : "}}";
    const char *close = strstr(inner, ending);
    if (close == NULL)
        return refuse(c, source, tag.begin, "a tag is not closed");
    tag.end = (size_t)(close - text) + strlen(ending);
    while (inner < close && is_space(*inner))
        inner++;
    while (close > inner && is_space(close[-1]))
        close--;
    tag.name = inner;
    tag.name_size_bytes = (size_t)(close - inner);
    *ret_tag = tag;
    return STATUS_OK;
}

static bool name_ok(const struct tag *tag)
{
    for (size_t i = 0; i < tag->name_size_bytes; i++) {
        if (is_space(tag->name[i]) || strchr("{}#^/&>!=", tag->name[i]) != NULL)
            return false;
    }
    return tag->name_size_bytes > 0;
}

// Stores a dotted name as its parts.
static enum status add_name(struct compiler *c, const struct source *source,
                            enum mustache_kind kind, const struct tag *tag)
{
    struct buf *store = &c->template->store;
    struct mustache_node node = {.kind = kind, .offset = store->size_bytes};
    const char *part = tag->name;
    const char *end = tag->name + tag->name_size_bytes;
    bool current = tag->name_size_bytes == 1 && *part == '.';
    while (!current && part <= end) {
        const char *dot = memchr(part, '.', (size_t)(end - part));
        const char *stop = dot == NULL ? end : dot;
        if (stop == part)
            return refuse(c, source, tag->begin, "a name has an empty part");
        buf_add(store, part, (size_t)(stop - part));
        buf_add_char(store, '\0');
        node.part_count++;
        part = stop + 1;
    }
    return add_node(c, node);
}

// The spec's standalone rule: a tag that prints nothing and is alone on its line takes the whole
// line with it. Returns where the line begins, or NULL.
static const char *line_before(const struct source *source, const struct tag *tag)
{
    const char *at = source->text + tag->begin;
    while (at > source->text && is_blank(at[-1]))
        at--;
    return at == source->text || at[-1] == '\n' ? at : NULL;
}

// Where the next line begins when nothing but blanks follows the tag, or NULL.
static const char *line_behind(const struct source *source, const struct tag *tag)
{
    const char *at = source->text + tag->end;
    while (is_blank(*at))
        at++;
    if (at[0] == '\r' && at[1] == '\n')
        return at + 2;
    if (*at == '\n')
        return at + 1;
    return *at == '\0' ? at : NULL;
}

static enum status compile_text(struct compiler *c, const char *name, const char *text);

// Appends the partial's text with every line that is not empty moved in by `indent`.
static void indent_lines(const char *text, const char *indent, size_t indent_bytes, struct buf *out)
{
    while (*text != '\0') {
        const char *feed = strchr(text, '\n');
        size_t size_bytes = feed == NULL ? strlen(text) : (size_t)(feed - text) + 1;
        if (*text != '\n' && *text != '\r')
            buf_add(out, indent, indent_bytes);
        buf_add(out, text, size_bytes);
        text += size_bytes;
    }
}

static enum status compile_partial(struct compiler *c, const struct source *source,
                                   const struct tag *tag, const char *indent, size_t indent_bytes)
{
    char name[64];
    if (tag->name_size_bytes >= sizeof(name))
        return refuse(c, source, tag->begin, "the name of a partial is too long");
    memcpy(name, tag->name, tag->name_size_bytes);
    name[tag->name_size_bytes] = '\0';
    const char *text = c->partial == NULL ? NULL : c->partial(c->context, name);
    if (text == NULL)
        return refuse(c, source, tag->begin, "there is no partial of that name");
    if (c->depth == PARTIAL_DEPTH_LIMIT)
        return refuse(c, source, tag->begin, "partials are nested deeper than 8");
    AUTO(buf_done) struct buf indented;
    buf_init(&indented, INDENTED_LIMIT_BYTES);
    indent_lines(text, indent, indent_bytes, &indented);
    TRY(buf_check(&indented, c->err));
    c->depth++;
    TRY(compile_text(c, name, buf_text(&indented)));
    c->depth--;
    return STATUS_OK;
}

static enum status open_section(struct compiler *c, const struct source *source,
                                const struct tag *tag)
{
    if (c->open_count == MUSTACHE_SECTION_LIMIT)
        return refuse(c, source, tag->begin, "sections are nested too deep");
    c->open[c->open_count++] = c->template->count;
    return add_name(c, source, tag->sigil == '#' ? MUSTACHE_SECTION : MUSTACHE_INVERTED, tag);
}

// True when the section was opened with the name that closes it.
static bool same_name(const struct mustache *t, const struct mustache_node *node,
                      const struct tag *tag)
{
    const char *stored = t->store.data + node->offset;
    if (node->part_count == 0)
        return tag->name_size_bytes == 1 && tag->name[0] == '.';
    const char *name = tag->name;
    const char *end = tag->name + tag->name_size_bytes;
    for (unsigned i = 0; i < node->part_count; i++) {
        size_t size_bytes = strlen(stored);
        if ((size_t)(end - name) < size_bytes || memcmp(name, stored, size_bytes) != 0)
            return false;
        name += size_bytes;
        stored += size_bytes + 1;
        bool last = i + 1 == node->part_count;
        if (last ? name != end : name == end || *name++ != '.')
            return false;
    }
    return true;
}

static enum status close_section(struct compiler *c, const struct source *source,
                                 const struct tag *tag, size_t open_base)
{
    if (c->open_count == open_base)
        return refuse(c, source, tag->begin, "a section is closed that is not open");
    // A failed store has lost the names to compare with.
    TRY(buf_check(&c->template->store, c->err));
    struct mustache_node *node = &c->template->nodes[c->open[c->open_count - 1]];
    if (!same_name(c->template, node, tag))
        return refuse(c, source, tag->begin, "another section is open than the one closed here");
    node->end = c->template->count;
    c->open_count--;
    return STATUS_OK;
}

// Compiles one tag; `indent` is what stands before a standalone one.
static enum status compile_tag(struct compiler *c, const struct source *source,
                               const struct tag *tag, const char *indent, size_t indent_bytes,
                               size_t open_base)
{
    if (tag->sigil == '!')
        return STATUS_OK;
    if (tag->sigil == '=')
        return refuse(c, source, tag->begin, "changing the delimiters is not supported");
    if (!name_ok(tag))
        return refuse(c, source, tag->begin, "a tag needs a name without spaces or braces");
    switch (tag->sigil) {
    case '#':
    case '^':
        return open_section(c, source, tag);
    case '/':
        return close_section(c, source, tag, open_base);
    case '>':
        return compile_partial(c, source, tag, indent, indent_bytes);
    case '{':
    case '&':
        return add_name(c, source, MUSTACHE_RAW, tag);
    default:
        return add_name(c, source, MUSTACHE_ESCAPED, tag);
    }
}

// Compiles the text up to the next tag and that tag; false in `ret_more` at the end.
static enum status compile_step(struct compiler *c, struct source *source, size_t open_base,
                                bool *ret_more)
{
    struct tag tag = {0};
    TRY(next_tag(c, source, &tag));
    const char *text = source->text + source->position;
    const char *text_end = source->text + tag.begin;
    if (tag.begin == tag.end) {
        *ret_more = false;
        return add_text(c, text, (size_t)(text_end - text));
    }
    const char *before = NULL;
    const char *behind = NULL;
    if (tag.sigil != 0 && strchr("{&", tag.sigil) == NULL) {
        before = line_before(source, &tag);
        behind = line_behind(source, &tag);
    }
    bool standalone = before != NULL && behind != NULL;
    const char *stop = standalone ? before : text_end;
    TRY(add_text(c, text, (size_t)(stop - text)));
    TRY(compile_tag(c, source, &tag, stop, (size_t)(text_end - stop), open_base));
    source->position = standalone ? (size_t)(behind - source->text) : tag.end;
    return STATUS_OK;
}

static enum status compile_text(struct compiler *c, const char *name, const char *text)
{
    struct source source = {.name = name, .text = text, .size_bytes = strlen(text)};
    size_t open_base = c->open_count;
    bool more = true;
    while (more)
        TRY(compile_step(c, &source, open_base, &more));
    if (c->open_count != open_base)
        return refuse(c, &source, source.size_bytes, "a section is still open at the end");
    return STATUS_OK;
}

enum status mustache_compile(const char *name, const char *text, mustache_partial_fn partial,
                             void *context, struct mustache **ret_template, struct err *err)
{
    AUTO(mustache_freep) struct mustache *template = calloc(1, sizeof(*template));
    if (template == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a template");
    buf_init(&template->store, STORE_LIMIT_BYTES);
    struct compiler c = {.template = template, .partial = partial, .context = context, .err = err};
    TRY(compile_text(&c, name, text));
    TRY(buf_check(&template->store, err));
    *ret_template = template;
    template = NULL;
    return STATUS_OK;
}
