"""What stands before a program whose functions are called: it runs it, and only then reads what is to be tried.

The source is Python of its own, since nothing of agentscale is to be seen where programs run. It ends with the first
error that it met, so that the runner can say which limit that error tells of.
"""

SOURCE = """
def begin(program):
    import builtins, io, json, os, sys

    read, write, encode, decode = sys.stdin.read, os.write, json.dumps, json.loads
    sys.stdin = io.StringIO("")
    space = {"__name__": "program", "__builtins__": builtins}
    broken = failed = None
    try:
        exec(compile(program, "program.py", "exec", dont_inherit=True), space)
    except BaseException as error:
        broken = failed = error
    job = decode(read())
    for at, (is_call, code) in enumerate(job["uses"]):
        try:
            if broken is not None:
                raise broken
            if is_call:
                text, is_value = repr(eval(code, space)), True
            else:
                exec(compile(code, "check.py", "exec", dont_inherit=True), space)
                text, is_value = "passed", False
        except BaseException as error:
            text, is_value = f"raised {type(error).__name__}", False
            if failed is None:
                failed = error
        sys.stdout.flush()
        line = encode({"at": at, "text": text, "is_value": is_value})
        write(1, f"\\n{job['mark']}{line}\\n".encode())
    if failed is not None:
        raise failed
"""
