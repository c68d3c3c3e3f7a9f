// Each movie is a job: drift, then segmentation with a retrained model.
//     nextflow run packaging/workflows/main.nf --raw raw --model 'models/my cells' --out results
params.raw = 'raw'
params.model = null
params.out = 'results'
params.drift = '--engine auto'
params.predict = ''

process drift {
    publishDir "${params.out}/corrected", mode: 'copy'

    input:
    path movie

    output:
    path "corrected/${movie.baseName}.tif", emit: movie
    path "corrected/${movie.baseName}.*"

    script:
    """
    cpretrain drift '${movie}' --out corrected ${params.drift} --quiet
    """
}

process segment {
    publishDir params.out, mode: 'copy'

    input:
    path movie
    path model

    output:
    path "segmented/*"

    script:
    """
    cpretrain predict '${model}' '${movie}' --out segmented ${params.predict} --quiet
    """
}

workflow {
    if (!params.model) error 'name a model: --model DIR'
    drift(Channel.fromPath("${params.raw}/*.tif"))
    segment(drift.out.movie, file(params.model))
}
