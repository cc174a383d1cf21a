DROP FUNCTION adferry.analyze_plan();
DROP TABLE adferry.op_counts, adferry.row_counts, adferry.parks, adferry.samples, adferry.lanes,
	adferry.outcomes, adferry.needs, adferry.ops, adferry.rows, adferry.meta, adferry.jobs;
