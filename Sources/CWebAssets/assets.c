// The files of the web pages, inside the program: #embed (C23, which Swift's own clang knows) puts them into the object file
// as they are. It costs no time to compile, nothing generated lies in the repository, and a changed file is noticed by the
// build. WebAssetsTests checks that no file is missing here.
#include "CWebAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char admin_css[] = {
#embed "../WeirServer/Web/Assets/admin.css"
};
static const unsigned char admin_html[] = {
#embed "../WeirServer/Web/Assets/admin.html"
};
static const unsigned char admin_feed_js[] = {
#embed "../WeirServer/Web/Assets/admin/feed.js"
};
static const unsigned char admin_history_js[] = {
#embed "../WeirServer/Web/Assets/admin/history.js"
};
static const unsigned char admin_main_js[] = {
#embed "../WeirServer/Web/Assets/admin/main.js"
};
static const unsigned char admin_plot_js[] = {
#embed "../WeirServer/Web/Assets/admin/plot.js"
};
static const unsigned char admin_tables_js[] = {
#embed "../WeirServer/Web/Assets/admin/tables.js"
};
static const unsigned char app_css[] = {
#embed "../WeirServer/Web/Assets/app.css"
};
static const unsigned char app_composer_js[] = {
#embed "../WeirServer/Web/Assets/app/composer.js"
};
static const unsigned char app_dialogs_js[] = {
#embed "../WeirServer/Web/Assets/app/dialogs.js"
};
static const unsigned char app_dom_js[] = {
#embed "../WeirServer/Web/Assets/app/dom.js"
};
static const unsigned char app_icon_svg[] = {
#embed "../WeirServer/Web/Assets/app/icon.svg"
};
static const unsigned char app_keys_js[] = {
#embed "../WeirServer/Web/Assets/app/keys.js"
};
static const unsigned char app_main_js[] = {
#embed "../WeirServer/Web/Assets/app/main.js"
};
static const unsigned char app_markdown_inline_js[] = {
#embed "../WeirServer/Web/Assets/app/markdown/inline.js"
};
static const unsigned char app_markdown_leaves_js[] = {
#embed "../WeirServer/Web/Assets/app/markdown/leaves.js"
};
static const unsigned char app_markdown_paint_js[] = {
#embed "../WeirServer/Web/Assets/app/markdown/paint.js"
};
static const unsigned char app_markdown_stream_js[] = {
#embed "../WeirServer/Web/Assets/app/markdown/stream.js"
};
static const unsigned char app_memory_js[] = {
#embed "../WeirServer/Web/Assets/app/memory.js"
};
static const unsigned char app_notices_js[] = {
#embed "../WeirServer/Web/Assets/app/notices.js"
};
static const unsigned char app_session_js[] = {
#embed "../WeirServer/Web/Assets/app/session.js"
};
static const unsigned char app_sidebar_js[] = {
#embed "../WeirServer/Web/Assets/app/sidebar.js"
};
static const unsigned char app_theme_js[] = {
#embed "../WeirServer/Web/Assets/app/theme.js"
};
static const unsigned char app_thread_answer_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/answer.js"
};
static const unsigned char app_thread_body_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/body.js"
};
static const unsigned char app_thread_follow_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/follow.js"
};
static const unsigned char app_thread_pages_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/pages.js"
};
static const unsigned char app_thread_question_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/question.js"
};
static const unsigned char app_thread_thread_js[] = {
#embed "../WeirServer/Web/Assets/app/thread/thread.js"
};
static const unsigned char app_words_js[] = {
#embed "../WeirServer/Web/Assets/app/words.js"
};
static const unsigned char base_css[] = {
#embed "../WeirServer/Web/Assets/base.css"
};
static const unsigned char index_html[] = {
#embed "../WeirServer/Web/Assets/index.html"
};
static const unsigned char weir_d_ts[] = {
#embed "../WeirServer/Web/Assets/weir.d.ts"
};
static const unsigned char weir_js[] = {
#embed "../WeirServer/Web/Assets/weir.js"
};

#define ASSET(name, bytes) {name, bytes, sizeof bytes}

static const struct weir_web_asset assets[] = {
  ASSET("admin.css", admin_css),
  ASSET("admin.html", admin_html),
  ASSET("admin/feed.js", admin_feed_js),
  ASSET("admin/history.js", admin_history_js),
  ASSET("admin/main.js", admin_main_js),
  ASSET("admin/plot.js", admin_plot_js),
  ASSET("admin/tables.js", admin_tables_js),
  ASSET("app.css", app_css),
  ASSET("app/composer.js", app_composer_js),
  ASSET("app/dialogs.js", app_dialogs_js),
  ASSET("app/dom.js", app_dom_js),
  ASSET("app/icon.svg", app_icon_svg),
  ASSET("app/keys.js", app_keys_js),
  ASSET("app/main.js", app_main_js),
  ASSET("app/markdown/inline.js", app_markdown_inline_js),
  ASSET("app/markdown/leaves.js", app_markdown_leaves_js),
  ASSET("app/markdown/paint.js", app_markdown_paint_js),
  ASSET("app/markdown/stream.js", app_markdown_stream_js),
  ASSET("app/memory.js", app_memory_js),
  ASSET("app/notices.js", app_notices_js),
  ASSET("app/session.js", app_session_js),
  ASSET("app/sidebar.js", app_sidebar_js),
  ASSET("app/theme.js", app_theme_js),
  ASSET("app/thread/answer.js", app_thread_answer_js),
  ASSET("app/thread/body.js", app_thread_body_js),
  ASSET("app/thread/follow.js", app_thread_follow_js),
  ASSET("app/thread/pages.js", app_thread_pages_js),
  ASSET("app/thread/question.js", app_thread_question_js),
  ASSET("app/thread/thread.js", app_thread_thread_js),
  ASSET("app/words.js", app_words_js),
  ASSET("base.css", base_css),
  ASSET("index.html", index_html),
  ASSET("weir.d.ts", weir_d_ts),
  ASSET("weir.js", weir_js),
};

const struct weir_web_asset *weir_web_asset_at(size_t index) {
  return index < sizeof assets / sizeof assets[0] ? &assets[index] : NULL;
}
