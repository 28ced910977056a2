"""How a metric is read, judged and drawn, without a row of ours."""
