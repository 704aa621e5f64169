"""Stands in for what the server asks elsewhere: a model that writes summaries, and a sign-in that knows no code.

usage: standin.py FILE      FILE gets HOST:PORT
"""
import http.server
import json
import os
import sys

SUMMARY = {
    "summary_text": "Well.", "patient_concerns": "None.", "medications": "None.", "allergies": "None.",
    "key_notes": ["None."],
}


class StandIn(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/token"):
            self.answer(400, {"error": "invalid_grant"})
        else:
            self.answer(200, {"choices": [{"message": {"role": "assistant", "content": json.dumps(SUMMARY)}}]})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    with open(sys.argv[1] + ".new", "w") as file:
        file.write("%s:%d\n" % server.server_address)
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    server.serve_forever()
