// The explorer page: GraphiQL with a token, a language and a menu of example queries.
// The token stays in this tab (sessionStorage) and goes nowhere but into the Authorization header of this service.
"use strict";

const TEXTS = {
  en: {
    examples: "Examples", choose: "Choose a query…", token: "Token", tokenHint: "paste an access token", use: "Use", clear: "Clear",
    needToken: "Paste an access token to ask questions. “jixiao token --account reader” prints one.",
    badToken: "This is not a token: it may hold only visible ASCII characters.",
    refused: "The service refused this request: the token is missing, expired or not valid here.",
    unreachable: "The service did not answer. Is it still running?",
    notGraphql: (status) => `The service answered with HTTP status ${status} and no GraphQL result.`,
  },
  zh: {
    examples: "示例", choose: "选择一个查询…", token: "令牌", tokenHint: "粘贴访问令牌", use: "使用", clear: "清除",
    needToken: "请先粘贴访问令牌，再进行查询。运行 “jixiao token --account reader” 可得到一个令牌。",
    badToken: "这不是令牌：令牌只能包含可见的 ASCII 字符。",
    refused: "服务拒绝了此请求：令牌缺失、已过期或在此无效。",
    unreachable: "服务没有响应，它仍在运行吗？",
    notGraphql: (status) => `服务返回了 HTTP 状态 ${status}，没有 GraphQL 结果。`,
  },
};
const TOKEN_KEY = "jixiao.token";
const LANGUAGE_KEY = "jixiao.language";

const element = (id) => document.getElementById(id);
const root = ReactDOM.createRoot(element("explorer"));
let language = localStorage.getItem(LANGUAGE_KEY) ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let examples = [];
let generation = 0;

function token() {
  return sessionStorage.getItem(TOKEN_KEY) ?? "";
}

function notify(text) {
  element("notice").textContent = text;
  element("notice").hidden = text === "";
}

/** Sends one request of GraphiQL. What fails before GraphQL is told as a GraphQL error, which GraphiQL shows. */
async function fetcher(request) {
  const texts = TEXTS[language];
  const headers = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
    "Accept-Language": language === "zh" ? "zh-CN, zh;q=0.9" : "en",
  };
  if (token() !== "") {
    headers.Authorization = `Bearer ${token()}`;
  }
  let response;
  try {
    response = await fetch("graphql", {
      method: "POST", headers, body: JSON.stringify(request), credentials: "omit", redirect: "error",
    });
  } catch {
    notify(texts.unreachable);
    return { errors: [{ message: texts.unreachable }] };
  }
  if (response.status === 401) {
    notify(token() === "" ? texts.needToken : texts.refused);
  } else if (token() !== "") {
    notify("");
  }
  try {
    return await response.json();
  } catch {
    return { errors: [{ message: texts.notGraphql(response.status) }] };
  }
}

/** An example as GraphiQL opens it: its title and note in the chosen language as comments, the query, its variables. */
function exampleTab(example) {
  return {
    query: [`# ${example.title[language]}`, `# ${example.note[language]}`, ...example.query].join("\n"),
    variables: JSON.stringify(example.variables, null, 2),
  };
}

/** Draws GraphiQL. A new generation is a new instance, which reads the schema again. */
function draw(opened) {
  root.render(React.createElement(GraphiQL, {
    key: generation,
    fetcher,
    isHeadersEditorEnabled: false,
    shouldPersistHeaders: false,
    defaultTabs: [exampleTab(examples[0])],
    ...opened,
  }));
}

function restart(opened) {
  generation += 1;
  draw(opened);
}

function openExample(id) {
  const example = examples.find((one) => one.id === id);
  if (example !== undefined) {
    restart(exampleTab(example));
  }
}

function listExamples() {
  const options = examples.map((example) => new Option(example.title[language], example.id));
  element("example").replaceChildren(element("example").options[0], ...options);
}

function translate() {
  const texts = TEXTS[language];
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = texts[node.dataset.text];
  }
  for (const node of document.querySelectorAll("[data-placeholder]")) {
    node.placeholder = texts[node.dataset.placeholder];
  }
  for (const node of document.querySelectorAll("[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset.lang === language));
  }
  listExamples();
  notify(token() === "" ? texts.needToken : "");
}

function useToken(text) {
  const value = text.trim().replace(/^Bearer\s+/i, "");
  if (!/^[\x21-\x7e]*$/.test(value)) {
    notify(TEXTS[language].badToken);
    return;
  }
  if (value === "") {
    sessionStorage.removeItem(TOKEN_KEY);
  } else {
    sessionStorage.setItem(TOKEN_KEY, value);
  }
  element("token").value = value;
  notify(value === "" ? TEXTS[language].needToken : "");
  restart();
}

element("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(element("token").value);
});
element("clear").addEventListener("click", () => useToken(""));
element("example").addEventListener("change", (event) => {
  openExample(event.target.value);
  event.target.value = "";
});
for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => {
    language = button.dataset.lang;
    localStorage.setItem(LANGUAGE_KEY, language);
    translate();
    restart();
  });
}

async function start() {
  examples = await (await fetch("explorer/examples.json")).json();
  element("token").value = token();
  translate();
  draw();
}

start();
