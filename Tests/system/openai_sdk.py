"""Uses a Weir server through OpenAI's official Python client, as any existing tool would, and checks every answer.

Usage: openai_sdk.py BASE_URL API_KEY MODEL [--limited]

With --limited the key's plan allows one turn a minute: the limit is met and seen as the client shows it.
Prints "ok: NAME" for each check; exits with 1 and the reason at the first that fails.
"""

import sys

import openai

base_url, key, model = sys.argv[1:4]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=30)
question = [{"role": "user", "content": "Hello [[tokens=8]]"}]


def check(name, fine, *seen):
    if not fine:
        sys.exit(f"not ok: {name}: {seen}")
    print(f"ok: {name}", flush=True)


def refused(name, kind, call):
    try:
        answer = call()
    except kind as error:
        print(f"ok: {name}", flush=True)
        return error
    except openai.OpenAIError as error:
        sys.exit(f"not ok: {name}: {error!r}")
    sys.exit(f"not ok: {name}: answered with {answer}")


def models():
    names = [entry.id for entry in client.models.list()]
    check("models are listed", model in names, names)


def whole():
    answer = client.chat.completions.create(model=model, messages=question)
    choice = answer.choices[0]
    check("an answer comes in one piece", choice.message.role == "assistant" and choice.message.content, answer)
    check("it says why it ended", choice.finish_reason == "stop", answer)
    check("it says what it cost", answer.usage.total_tokens > 0, answer.usage)
    check("it names model, id and time", answer.model == model and answer.id and answer.created > 0, answer)
    return choice.message.content


def streamed():
    stream = client.chat.completions.create(
        model=model, messages=question, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    check("a stream has text", text, chunks)
    check("its first chunk has the role", chunks[0].choices[0].delta.role == "assistant", chunks[0])
    check("its last but one has the reason", chunks[-2].choices[0].finish_reason == "stop", chunks[-2])
    check("its last has the usage", not chunks[-1].choices and chunks[-1].usage.total_tokens > 0, chunks[-1])
    return text


def helper():
    with client.chat.completions.stream(model=model, messages=question) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
        final = stream.get_final_completion()
    check("the client's streaming helper joins the text", final.choices[0].message.content == text, final)


def conversation():
    answer = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is it? "}, {"type": "text", "text": "é\U0001f600"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "A weir."},
            {"role": "user", "content": "And now? [[tokens=3]]"},
        ],
        tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}],
        temperature=0.5,
        max_tokens=50,
        stop=["\n\n\n"],
        extra_headers={"X-Weir-No-Cache": "1"},
    )
    check("a conversation with tools and parts is answered", answer.choices[0].message.content, answer)


def abandoned():
    stream = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "[[tokens=100000 rate=200]]"}], stream=True
    )
    next(iter(stream))
    stream.close()
    check("a stream can be left, and the next call is answered", whole())


def refusals():
    error = refused("an unknown model is 404", openai.NotFoundError, lambda: create(model="no-such-model"))
    check("its code says so", error.code == "model_not_found" and error.param == "model", error.body)
    error = refused(
        "content that is no text is 400",
        openai.BadRequestError,
        lambda: create(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]),
    )
    check("its field is named", error.param == "messages[0].content[0].type", error.body)
    check("its type says whose fault it is", error.type == "invalid_request_error", error.body)
    refused("a temperature of 3 is 400", openai.BadRequestError, lambda: create(temperature=3))
    refused("two answers at once are 400", openai.BadRequestError, lambda: create(n=2))


def unauthenticated():
    stranger = client.with_options(api_key="wrong")
    error = refused(
        "a wrong key is 401",
        openai.AuthenticationError,
        lambda: stranger.chat.completions.create(model=model, messages=question),
    )
    check("its code says so", error.code == "invalid_api_key", error.body)
    refused("models are not for strangers", openai.AuthenticationError, lambda: list(stranger.models.list()))


def create(**changes):
    return client.chat.completions.create(**({"model": model, "messages": question} | changes))


def limited():
    create()
    error = refused("the turn beyond the limit is 429", openai.RateLimitError, create)
    check("its code says so", error.code == "rate_limit_exceeded", error.body)
    headers = error.response.headers
    check("it says when to come back", 0 < int(headers["retry-after"]) <= 60, headers)
    check("it says what the limit is", headers["x-ratelimit-limit-requests"] == "1", headers)
    check("it says what is left", headers["x-ratelimit-remaining-requests"] == "0", headers)


if "--limited" in sys.argv:
    limited()
else:
    models()
    whole()
    streamed()
    helper()
    conversation()
    abandoned()
    refusals()
    if key != "none":
        unauthenticated()
