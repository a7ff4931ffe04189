BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE conversations (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "conversations" VALUES('NwKtwXbzQ_ykJBbj0o9ZMw','local','2026-11-24 19:13:55.328570');
CREATE TABLE messages (
	id VARCHAR NOT NULL, 
	conversation_id VARCHAR NOT NULL, 
	question VARCHAR NOT NULL, 
	reply VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);
INSERT INTO "messages" VALUES('mE1VTnhKxzFBCgSiU1o95w','NwKtwXbzQ_ykJBbj0o9ZMw','why do my gradients keep growing','{"conversation_id":"NwKtwXbzQ_ykJBbj0o9ZMw","message_id":"mE1VTnhKxzFBCgSiU1o95w","outcome":"answered","abstained":false,"confidence":1.0,"understood_as":"why do my gradients keep growing","matches":[{"entry_id":"grad","number":1,"collection":"interview","question":"Why do gradients keep growing?","score":1.0},{"entry_id":"save","number":2,"collection":"interview","question":"How do you save a model?","score":0.0}],"nearest":[],"follow_ups":["Where is the sum kept?","What goes wrong in practice?","How does that work underneath?"],"answer":"They are summed.\n\nClear them.","snippets":[{"id":"grad#code-1","code":"print(1)","caption":"So:","expected_output":"1","expected_error":null,"as_stated":true,"deviation":null,"verdict":{"status":"passed","stdout":"1\n","stderr":"","error":null,"warnings":[],"duration_ms":41.0,"queue_ms":0.0,"peak_memory_mb":1.0,"device":"cpu","device_name":"CPU","torch_version":"2.13.0","python_version":"3.11.0","isolation":"fake","stand_ins":[],"artifacts":[],"truncated":false,"verified_at":"2026-01-01T00:00:00Z"}}]}','2026-11-24 19:13:55.328570');
INSERT INTO "messages" VALUES('YbqTF7pY-iuL-yyLIRDD1w','NwKtwXbzQ_ykJBbj0o9ZMw','why?','{"conversation_id":"NwKtwXbzQ_ykJBbj0o9ZMw","message_id":"YbqTF7pY-iuL-yyLIRDD1w","outcome":"answered","abstained":false,"confidence":1.0,"understood_as":"Why do gradients keep growing? (why?)","matches":[{"entry_id":"grad","number":1,"collection":"interview","question":"Why do gradients keep growing?","score":1.0}],"nearest":[],"follow_ups":["Where is the sum kept?","What goes wrong in practice?"],"answer":"The chain rule sums.","snippets":[]}','2026-11-24 19:13:55.331663');
INSERT INTO "messages" VALUES('dDOkGdGdBTENJh3mJnAJ2w','NwKtwXbzQ_ykJBbj0o9ZMw','how do I boil an egg','{"conversation_id":"NwKtwXbzQ_ykJBbj0o9ZMw","message_id":"dDOkGdGdBTENJh3mJnAJ2w","outcome":"not_covered","abstained":true,"confidence":0.0,"understood_as":"how do I boil an egg","matches":[],"nearest":[{"entry_id":"grad","question":"Why do gradients keep growing?"},{"entry_id":"save","question":"How do you save a model?"}],"follow_ups":[],"answer":"None of my lessons covers this, so I would rather not guess. These are the nearest questions I can answer:\n\n- Why do gradients keep growing?\n- How do you save a model?","snippets":[]}','2026-11-24 19:13:55.332932');
CREATE TABLE verdicts (
	code_hash VARCHAR NOT NULL, 
	torch_version VARCHAR NOT NULL, 
	device VARCHAR NOT NULL, 
	python_version VARCHAR NOT NULL, 
	verdict VARCHAR NOT NULL, 
	PRIMARY KEY (code_hash, torch_version, device, python_version)
);
INSERT INTO "verdicts" VALUES('d287bb7f9d15abdc5b6e98536263815744b6ef21c8f3c839fc434ca70d8efe99','2.13.0+cpu','cpu','3.11.7','{"status":"passed","stdout":"1\n","stderr":"","error":null,"warnings":[],"duration_ms":41.0,"queue_ms":0.0,"peak_memory_mb":1.0,"device":"cpu","device_name":"CPU","torch_version":"2.13.0","python_version":"3.11.0","isolation":"fake","stand_ins":[],"artifacts":[],"truncated":false,"verified_at":"2026-01-01T00:00:00Z"}');
CREATE INDEX ix_conversations_owner ON conversations (owner);
CREATE INDEX ix_messages_conversation_id ON messages (conversation_id);
COMMIT;
